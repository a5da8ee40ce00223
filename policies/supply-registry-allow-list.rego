package main

import data.lib.facts
import data.lib.images
import rego.v1

# METADATA
# title: An image comes from a registry that is not approved.
# custom:
#   severity: error
#   confidence: high
#   scope: file
#   kinds: pods
#   needs: allowedRegistries
#   impact: Unreviewed code runs next to the models.
#   remedy: Mirror the image, or add its registry to `profile.allowedRegistries`.
#   source: NSA/CISA Kubernetes Hardening Guide
#   bad: |
#     image: docker.io/someone/vllm:1.0   # allowedRegistries: [registry.redhat.io]
#   good: |
#     image: registry.redhat.io/rhaiis/vllm-tpu-rhel9:3.2.5
deny contains {"id": "supply-registry-allow-list", "msg": msg, "path": found.path} if {
	allowed := facts.allowed_registries
	count(allowed) > 0
	some found in images.images
	full := images.full_name(found.image)
	not from_allowed(full, allowed)
	msg := sprintf("image %s is not from an approved registry (%s)", [found.image, concat(", ", allowed)])
}

from_allowed(image, allowed) if {
	some prefix in allowed
	startswith(image, concat("", [trim_suffix(prefix, "/"), "/"]))
}
