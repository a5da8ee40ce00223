"""The family `network`: what may talk to what, by an exact reading of the policies."""
