"""Rules about TPUs and GPUs: models and memory."""
