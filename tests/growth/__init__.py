"""Input of any size, for tests that count what is done with it."""
