package main

import data.lib.testing
import rego.v1

test_pods_no_privileged_finds_containers_of_every_sort if {
	results := deny with input as testing.pod({
		"containers": [{"name": "a", "securityContext": {"privileged": true}}],
		"initContainers": [{"name": "b"}, {"name": "c", "securityContext": {"privileged": true}}],
		"ephemeralContainers": [{"name": "d", "securityContext": {"privileged": true}}],
	})
	testing.paths(results, "pods-no-privileged") == {
		["spec", "containers", 0, "securityContext", "privileged"],
		["spec", "initContainers", 1, "securityContext", "privileged"],
		["spec", "ephemeralContainers", 0, "securityContext", "privileged"],
	}
}

test_pods_no_privileged_finds_the_scheduler_of_a_service if {
	results := deny with input as testing.service({"router": {"scheduler": {"template": {"containers": [{
		"name": "main",
		"securityContext": {"privileged": true},
	}]}}}})
	count(testing.paths(results, "pods-no-privileged")) == 1
}

test_pods_no_privileged_accepts_the_rest if {
	results := deny with input as testing.pod({"containers": [
		{"name": "a"},
		{"name": "b", "securityContext": {"privileged": false}},
		{"name": "c", "securityContext": "text"},
	]})
	testing.paths(results, "pods-no-privileged") == set()
}
