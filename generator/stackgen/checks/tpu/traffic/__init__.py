"""Rules about the traffic of a model and the latency that it must hold."""
