package main

import data.lib.images
import data.lib.kubernetes as k8s
import rego.v1

# METADATA
# title: An image or component has no exact version.
# custom:
#   severity: error
#   scope: file
#   kinds: pods, Istio, IstioCNI, Subscription, ServingRuntime, ClusterServingRuntime, InferenceService
deny contains {"id": "supply-no-latest-tag", "msg": msg, "path": found.path} if {
	some found in data.lib.images.images
	not contains(found.image, "@sha256:")
	not startswith(found.image, "<") # the reader replaces it
	some problem in floating_tag(images.tag(found.image))
	msg := sprintf("image %s floats: %s", [found.image, problem])
}

deny contains {"id": "supply-no-latest-tag", "msg": msg, "path": path} if {
	some field in versioned_fields
	version := k8s.text(input, field.path)
	version != ""
	some problem in floating_tag(version)
	msg := sprintf("version %s of this %s floats: %s", [version, k8s.kind(input), problem])
	path := field.path
}

floating_tag("") := {"it has no tag, which means latest"}

floating_tag(tag) := {sprintf("%s moves with time", [tag])} if {
	regex.match(`^(latest|main|master|nightly|head|edge|dev|stable)$|-latest$|^latest-|^nightly-?$`, lower(tag))
}

versioned_fields := [{"path": ["spec", "version"]}] if {
	input.kind in {"Istio", "IstioCNI"}
	k8s.group(input) == "sailoperator.io"
} else := [{"path": ["spec", "channel"]}] if {
	input.kind == "Subscription"
	k8s.group(input) == "operators.coreos.com"
	k8s.text(input, ["spec", "channel"]) in {"main", "nightly"} # latest is the stable channel of some
} else := []
