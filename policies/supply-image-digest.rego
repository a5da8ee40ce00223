package main

import data.lib.facts
import data.lib.images
import rego.v1

# METADATA
# title: An image is not pinned to a digest.
# custom:
#   severity: warning
#   scope: file
#   kinds: pods, ServingRuntime, ClusterServingRuntime, InferenceService
warn contains {"id": "supply-image-digest", "msg": msg, "path": found.path} if {
	data.lib.facts.stage != "dev"
	some found in data.lib.images.images
	not regex.match(`@sha256:[0-9a-f]{64}$`, found.image)
	msg := sprintf("image %s is not pinned by digest", [found.image])
}
