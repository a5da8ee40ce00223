"""Cluster and node pools for those who do not use Config Connector: gcloud and Terraform."""
