"""Rules about cert-manager and the certificates of listeners and servers."""
