"""Rules about TPUs and GPUs: chips, slices and selectors."""
