"""What `stackgen init` writes: a pattern, and the files around it."""
