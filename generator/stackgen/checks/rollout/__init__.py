"""Rules about the way of a delivery: decided by its simulation and by the delivery objects."""
