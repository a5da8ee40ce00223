"""Benchmarks of a stack: the Job that measures it, and the comparison of two results."""
