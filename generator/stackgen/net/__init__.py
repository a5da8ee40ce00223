"""What may talk to what: an exact evaluator of network policies, and the proof of a stack's."""
