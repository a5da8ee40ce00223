"""The layers: from the plan to Kubernetes objects, one module a layer."""
