package main

import data.lib.testing
import rego.v1

test_net_no_allow_all_rule_finds_each_rule if {
	results := deny with input as network_policy({
		"ingress": [{"from": [{"podSelector": {}}]}, {}],
		"egress": [{"to": [], "ports": []}, {"ports": [{"port": 443}]}],
	})
	testing.paths(results, "net-no-allow-all-rule") == {["spec", "ingress", 1], ["spec", "egress", 0]}
}

test_net_no_allow_all_rule_accepts_no_rules if {
	results := deny with input as network_policy({"ingress": [], "egress": []})
	testing.paths(results, "net-no-allow-all-rule") == set()
}
