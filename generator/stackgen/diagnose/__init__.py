"""What a cluster shows, matched with the runbooks."""
