"""Rules about TPUs and GPUs: images, flags and caches of model servers."""
