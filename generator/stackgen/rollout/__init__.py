"""The moments of a delivery: what is applied when, what becomes ready, and what never does."""
