package main

import data.lib.testing
import rego.v1

serving_findings(spec) := testing.paths(results, "secrets-not-in-serving-container") if {
	results := warn with input as testing.service(spec)
}

test_secrets_not_in_serving_container_finds_the_token if {
	spec := {"model": {"uri": "hf://a/b"}, "template": main_with_token}
	serving_findings(spec) == {["spec", "template", "containers", 0, "env", 0]}
	serving_findings(object.union(spec, {"model": {"uri": "pvc://a"}})) == set()
	serving_findings(object.union(spec, {"storageInitializer": {"enabled": false}})) == set()
}

test_secrets_not_in_serving_container_accepts_streamers_and_optional_ones if {
	serving_findings({"model": {"uri": "hf://a/b"}, "template": {"containers": [{
		"name": "main", "args": ["--load-format=runai_streamer"],
		"env": [{"name": "HF_TOKEN", "value": "x"}],
	}]}}) == set()
	serving_findings({"model": {"uri": "hf://a/b"}, "template": {"containers": [{"name": "main", "env": [{
		"name": "HF_TOKEN",
		"valueFrom": {"secretKeyRef": {"name": "a", "key": "b", "optional": true}},
	}]}]}}) == set()
}
