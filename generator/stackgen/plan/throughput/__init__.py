"""How fast a model server is: measured points, and a roofline between and beyond them."""
