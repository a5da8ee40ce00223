"""The plan: everything that follows from the spec by arithmetic and catalogue. No Kubernetes."""
