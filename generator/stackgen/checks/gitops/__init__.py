"""The family `gitops`: whether what GitOps applies is what the spec says."""
