package main

import data.lib.testing
import rego.v1

test_pods_run_as_non_root_reads_pod_and_container if {
	results := deny with input as testing.pod({
		"securityContext": {"runAsNonRoot": true},
		"containers": [
			{"name": "a"},
			{"name": "b", "securityContext": {"runAsNonRoot": false}},
			{"name": "c", "securityContext": {"runAsUser": 0}},
		],
	})
	testing.paths(results, "pods-run-as-non-root") == {
		["spec", "containers", 1, "securityContext", "runAsNonRoot"],
		["spec", "containers", 2, "securityContext", "runAsUser"],
	}
}

test_pods_run_as_non_root_points_at_the_pod_when_the_pod_says_it if {
	results := deny with input as testing.pod({
		"securityContext": {"runAsUser": 0, "runAsNonRoot": false},
		"containers": [{"name": "a"}],
	})
	testing.paths(results, "pods-run-as-non-root") == {["spec", "securityContext", "runAsUser"]}
}

test_pods_run_as_non_root_accepts_a_numeric_user if {
	results := deny with input as testing.pod({"containers": [{"name": "a", "securityContext": {"runAsUser": 1001}}]})
	testing.paths(results, "pods-run-as-non-root") == set()
}

test_pods_run_as_non_root_leaves_the_preset_its_word if {
	results := deny with input as testing.service({"template": {
		"securityContext": {"runAsNonRoot": false},
		"containers": [{"name": "main"}, {"name": "proxy"}],
	}})
	testing.paths(results, "pods-run-as-non-root") == {["spec", "template", "securityContext", "runAsNonRoot"]}
}

test_pods_run_as_non_root_finds_an_override_of_the_preset if {
	results := deny with input as testing.service({"template": {"containers": [{
		"name": "main",
		"securityContext": {"runAsNonRoot": false},
	}]}})
	count(testing.paths(results, "pods-run-as-non-root")) == 1
}
