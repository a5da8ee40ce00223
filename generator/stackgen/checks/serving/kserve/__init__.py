"""Rules about the objects of KServe, and what its controllers make of them."""
