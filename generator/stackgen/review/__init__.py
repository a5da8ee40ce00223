"""What changes between two renders, by object and field, and what comes of it in the cluster."""
