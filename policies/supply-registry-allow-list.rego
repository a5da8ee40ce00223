package main

import data.lib.facts
import data.lib.images
import rego.v1

# METADATA
# title: An image is from a registry that is not allowed.
# custom:
#   severity: error
#   scope: file
#   kinds: pods, ServingRuntime, ClusterServingRuntime, InferenceService
#   needs: allowedRegistries
deny contains {"id": "supply-registry-allow-list", "msg": msg, "path": found.path} if {
	allowed := data.lib.facts.allowed_registries
	count(allowed) > 0
	some found in data.lib.images.images
	full := images.full_name(found.image)
	not from_allowed(full, allowed)
	msg := sprintf("image %s is not from an allowed registry (%s)", [found.image, concat(", ", allowed)])
}

from_allowed(image, allowed) if {
	some prefix in allowed
	startswith(image, concat("", [trim_suffix(prefix, "/"), "/"]))
}
