"""Findings: what a rule says about a place, and everything that is done with it."""
