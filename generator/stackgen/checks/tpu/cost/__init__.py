"""Rules about TPUs and GPUs: what it costs."""
