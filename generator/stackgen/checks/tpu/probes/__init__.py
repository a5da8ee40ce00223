"""Rules about TPUs and GPUs: probes and startup."""
