"""`out/`: what is written there, who owns which file, and how it is replaced as a whole."""
