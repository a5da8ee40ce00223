"""Rules about endpoint pickers and the pools that name them."""
