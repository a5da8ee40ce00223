"""Rules about the objects of Istio and its mesh."""
