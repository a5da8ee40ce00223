package main

import data.lib.testing
import rego.v1

role(kind, rules) := {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": "r"}, "rules": rules}

test_rbac_no_wildcards_finds_each if {
	results := deny with input as role("ClusterRole", [{"apiGroups": ["*"], "resources": ["pods", "*"], "verbs": ["get"]}])
	testing.paths(results, "rbac-no-wildcards") == {["rules", 0, "apiGroups", 0], ["rules", 0, "resources", 1]}
}

test_rbac_no_wildcards_accepts_names if {
	results := deny with input as role("Role", [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}, {"nonResourceURLs": ["*"], "verbs": ["get"]}])
	testing.paths(results, "rbac-no-wildcards") == set()
}

test_rbac_no_wildcards_finds_a_sort_once if {
	rules := [{"apiGroups": [group], "resources": ["*"], "verbs": ["get"]} | some group in ["apps", "batch"]]
	results := deny with input as role("ClusterRole", rules)
	testing.paths(results, "rbac-no-wildcards") == {["rules", 0, "resources", 0]}
	metrics := deny with input as role("Role", [{"apiGroups": ["external.metrics.k8s.io"], "resources": ["*"], "verbs": ["get"]}])
	testing.paths(metrics, "rbac-no-wildcards") == set()
}
