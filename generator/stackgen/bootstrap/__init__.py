"""The few files that connect a cluster to the repository, once."""
