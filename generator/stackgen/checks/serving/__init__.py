"""The family `serving`: what KServe, its gateway and its scheduler will make of the manifests.

Cross-resource, and judged on the merged view: presets, baseRefs and the service's own spec.
"""
