"""The family `schema`: what a real API server would refuse, exactly."""
