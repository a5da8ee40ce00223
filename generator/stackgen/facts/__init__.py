"""What manifests mean: Pod templates, containers, quantities, and an index of a bundle.

Below the checks, the network model, the platforms and the review, and used by all of them.
"""
