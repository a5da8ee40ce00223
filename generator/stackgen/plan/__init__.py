"""The plan: everything that follows from the spec by arithmetic and catalog. No Kubernetes."""
