"""Rules about roles, identities and Secrets, in the cluster and in Google Cloud."""
