"""The family `spec`: what is wrong with `stack.yaml` itself."""
