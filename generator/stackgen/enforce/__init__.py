"""The shipped policies as objects for engines inside a cluster."""
