"""Work grows with the input, not with its square: counted operations on input of two sizes."""
