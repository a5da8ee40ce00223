"""Rules about Ingresses, Routes of OpenShift, the load balancers of GKE and their names in DNS."""
