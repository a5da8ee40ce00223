"""The family `tpu`: what is known about accelerators on GKE, asked of any manifest."""
