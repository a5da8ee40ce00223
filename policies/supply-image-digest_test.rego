package main

import data.lib.testing
import rego.v1

pinned_image := "r.example.com/a/b:1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

test_supply_image_digest_wants_a_digest if {
	results := warn with input as testing.pod({
		"containers": [{"name": "a", "image": "b:1"}, {"name": "b", "image": pinned_image}],
		"volumes": [{"name": "m", "image": {"reference": "c:1"}}],
	})
	testing.paths(results, "supply-image-digest") == {["spec", "containers", 0, "image"], ["spec", "volumes", 0, "image", "reference"]}
}

test_supply_image_digest_is_off_in_dev if {
	results := warn with input as testing.pod({"containers": [{"name": "a", "image": "b:1"}]})
		with data.stackgen as testing.profile({"stage": "dev"})
	testing.paths(results, "supply-image-digest") == set()
}

test_supply_image_digest_leaves_templates if {
	results := warn with input as testing.pod({"containers": [{"name": "a", "image": "{{ .Image }}"}, {"name": "b"}]})
	testing.paths(results, "supply-image-digest") == set()
}

test_supply_image_digest_reads_the_image_with_the_weights if {
	results := warn with input as serving_model("oci://r.example.com/weights:1")
	testing.paths(results, "supply-image-digest") == {["spec", "model", "uri"]}
	pinned := warn with input as serving_model(sprintf("oci://%s", [pinned_image]))
	testing.paths(pinned, "supply-image-digest") == set()
	other := warn with input as serving_model("hf://acme/model:1")
	testing.paths(other, "supply-image-digest") == set()
}

serving_model(uri) := {
	"apiVersion": "serving.kserve.io/v1alpha2",
	"kind": "LLMInferenceService",
	"metadata": {"name": "chat"},
	"spec": {"model": {"uri": uri}},
}
