"""Documents and resources: reading and writing YAML, positions, order."""
