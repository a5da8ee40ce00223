package main

import data.lib.testing
import rego.v1

test_pods_drop_all_capabilities_wants_drop_all if {
	results := deny with input as testing.pod({"containers": [
		{"name": "a"},
		{"name": "b", "securityContext": {"capabilities": {"drop": ["NET_RAW"]}}},
		{"name": "c", "securityContext": {"capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}}},
	]})
	testing.paths(results, "pods-drop-all-capabilities") == {
		["spec", "containers", 0, "securityContext", "capabilities", "drop"],
		["spec", "containers", 1, "securityContext", "capabilities", "drop"],
	}
}

test_pods_drop_all_capabilities_finds_each_addition if {
	results := deny with input as testing.service({"template": {"containers": [{
		"name": "main",
		"securityContext": {"capabilities": {"add": ["NET_BIND_SERVICE", "IPC_LOCK", "SYS_PTRACE"]}},
	}]}})
	testing.paths(results, "pods-drop-all-capabilities") == {
		["spec", "template", "containers", 0, "securityContext", "capabilities", "add", 1],
		["spec", "template", "containers", 0, "securityContext", "capabilities", "add", 2],
	}
}
