"""stackgen: one spec in, proven Kustomize-ready YAML out."""

__version__ = "0.1.0"
