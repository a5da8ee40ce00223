"""The spec: what a user writes in `stack.yaml`, loaded, merged, checked and typed."""
