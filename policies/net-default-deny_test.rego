package main

import data.lib.testing
import rego.v1

network_policy(spec) := {
	"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
	"metadata": {"name": "p", "namespace": "n"}, "spec": spec,
}

deny_findings(objects) := testing.about(results, "net-default-deny") if {
	results := deny with input as testing.set(objects)
}

owned_namespace := namespace_labelled({})

test_net_default_deny_wants_both_directions if {
	finding := {["Namespace", "n", ["metadata", "name"]]}
	deny_findings([owned_namespace, testing.pod({})]) == finding
	deny_findings([owned_namespace, testing.pod({}), network_policy({"podSelector": {}})]) == finding
	deny_findings([owned_namespace, testing.pod({}), network_policy({"podSelector": {"matchLabels": {"a": "b"}}, "policyTypes": ["Ingress", "Egress"]})]) == finding
	deny_findings([owned_namespace, testing.pod({}), network_policy({"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})]) == set()
}

test_net_default_deny_adds_up_policies if {
	deny_findings([
		owned_namespace, testing.pod({}), network_policy({"podSelector": {}, "policyTypes": ["Egress"]}),
		network_policy({"podSelector": {}, "policyTypes": ["Ingress"]}),
	]) == set()
}

test_net_default_deny_does_not_count_one_that_allows_everything if {
	count(deny_findings([
		owned_namespace, testing.pod({}),
		network_policy({"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "egress": [{}]}),
	])) == 1
}

test_net_default_deny_knows_a_recorded_decision if {
	objects := [owned_namespace, testing.pod({})]
	open := deny with input as testing.set(objects) with data.stackgen as {"profile": {"defaultDeny": false}}
	testing.about(open, "net-default-deny") == set()
	closed := deny with input as testing.set(objects) with data.stackgen as {"profile": {"defaultDeny": true}}
	count(testing.about(closed, "net-default-deny")) == 1
}

test_net_default_deny_leaves_namespaces_of_others if deny_findings([testing.pod({})]) == set()
