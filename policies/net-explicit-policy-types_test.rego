package main

import data.lib.testing
import rego.v1

types_findings(spec) := testing.paths(results, "net-explicit-policy-types") if {
	results := warn with input as network_policy(spec)
}

test_net_explicit_policy_types_wants_them if {
	types_findings({"ingress": []}) == {["spec", "policyTypes"]}
	types_findings({"policyTypes": []}) == {["spec", "policyTypes"]}
	types_findings({"policyTypes": ["Ingress"], "ingress": []}) == set()
}

test_net_explicit_policy_types_finds_rules_that_are_ignored if {
	types_findings({"policyTypes": ["Ingress"], "egress": [{"ports": [{"port": 1}]}]}) == {["spec", "egress"]}
}

test_net_explicit_policy_types_says_what_they_default_to if {
	messages := {f.msg | some f in warn; f.id == "net-explicit-policy-types"} with input as network_policy({"egress": []})
	messages == {"p has no policyTypes; it restricts ingress"}
}
