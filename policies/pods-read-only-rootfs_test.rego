package main

import data.lib.testing
import rego.v1

test_pods_read_only_rootfs_wants_true if {
	results := warn with input as testing.pod({"containers": [
		{"name": "a"},
		{"name": "b", "securityContext": {"readOnlyRootFilesystem": false}},
		{"name": "c", "securityContext": {"readOnlyRootFilesystem": true}},
	]})
	testing.paths(results, "pods-read-only-rootfs") == {
		["spec", "containers", 0, "securityContext", "readOnlyRootFilesystem"],
		["spec", "containers", 1, "securityContext", "readOnlyRootFilesystem"],
	}
}

test_pods_read_only_rootfs_excepts_the_model_server if {
	results := warn with input as testing.service({"template": {"containers": [{
		"name": "main",
		"securityContext": {"readOnlyRootFilesystem": false},
	}]}})
	testing.paths(results, "pods-read-only-rootfs") == set()
}

test_pods_read_only_rootfs_holds_for_the_scheduler if {
	results := warn with input as testing.service({"router": {"scheduler": {"template": {"containers": [
		{"name": "main", "securityContext": {"readOnlyRootFilesystem": false}},
		{"name": "tokenizer", "image": "a:1"},
	]}}}})
	count(testing.paths(results, "pods-read-only-rootfs")) == 2
}

test_pods_read_only_rootfs_leaves_the_preset_its_word if {
	results := warn with input as testing.service({"router": {"scheduler": {"template": {"containers": [{"name": "main"}]}}}})
	testing.paths(results, "pods-read-only-rootfs") == set()
}
