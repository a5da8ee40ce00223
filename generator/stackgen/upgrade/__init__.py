"""What an upgrade to another release does to a stack, or to manifests that anyone wrote."""
