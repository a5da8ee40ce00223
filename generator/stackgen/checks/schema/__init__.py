"""The family `schema`: what a real API server would refuse, no more and no less."""
