package main

import data.lib.testing
import rego.v1

authorization_policy(spec) := {
	"apiVersion": "security.istio.io/v1", "kind": "AuthorizationPolicy",
	"metadata": {"name": "ap", "namespace": "n"}, "spec": spec,
}

authorization_findings(objects) := testing.about(results, "istio-authorization-policy") if {
	results := warn with input as testing.set(objects)
}

test_istio_authorization_policy_finds_rules_for_everybody if {
	authorization_findings([authorization_policy({"rules": [{}]})]) == {["AuthorizationPolicy", "ap", ["spec", "rules", 0]]}
	authorization_findings([authorization_policy({"rules": [{"from": [{"source": {"namespaces": ["*"]}}]}]})]) == {["AuthorizationPolicy", "ap", ["spec", "rules", 0, "from", 0, "source", "namespaces"]]}
	authorization_findings([authorization_policy({"action": "DENY", "rules": [{}]})]) == set()
}

test_istio_authorization_policy_wants_one_in_the_mesh if {
	authorization_findings([meshed_namespace, testing.pod({})]) == {["Namespace", "n", ["metadata", "name"]]}
	authorization_findings([meshed_namespace, testing.pod({}), authorization_policy({})]) == set()
	authorization_findings([meshed_namespace]) == set()
}
