package main

import data.lib.testing
import rego.v1

test_pods_no_privilege_escalation_finds_true_and_absent if {
	results := deny with input as testing.pod({"containers": [
		{"name": "a"},
		{"name": "b", "securityContext": {"allowPrivilegeEscalation": true}},
		{"name": "c", "securityContext": {"allowPrivilegeEscalation": false}},
	]})
	testing.paths(results, "pods-no-privilege-escalation") == {
		["spec", "containers", 0, "securityContext", "allowPrivilegeEscalation"],
		["spec", "containers", 1, "securityContext", "allowPrivilegeEscalation"],
	}
}

test_pods_no_privilege_escalation_leaves_the_preset_its_word if {
	results := deny with input as testing.service({"template": {"containers": [{"name": "main"}]}})
	testing.paths(results, "pods-no-privilege-escalation") == set()
}

test_pods_no_privilege_escalation_finds_what_overrides_the_preset if {
	results := deny with input as testing.service({"template": {"containers": [
		{"name": "main", "securityContext": {"allowPrivilegeEscalation": true}},
		{"name": "proxy"},
	]}})
	count(testing.paths(results, "pods-no-privilege-escalation")) == 2
}
