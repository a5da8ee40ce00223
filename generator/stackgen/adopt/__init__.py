"""From manifests that exist to a stack.yaml that renders them."""
