"""What the KServe controller is: what the stack renders for it, and what it makes of that."""
