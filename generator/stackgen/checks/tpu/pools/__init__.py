"""Rules about TPUs and GPUs: node pools and what fits on their nodes."""
