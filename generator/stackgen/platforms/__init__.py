"""Serving platforms, a folder each: what one renders, and what its controllers make of that."""
