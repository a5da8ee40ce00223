"""What differs between two releases, from their rows and what the rows name."""
