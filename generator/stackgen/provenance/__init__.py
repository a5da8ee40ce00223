"""Provenance both ways: why a rendered line is what it is, and what follows from a spec line."""
