package main

import data.lib.testing
import rego.v1

egress_findings(block, ports) := testing.paths(results, "net-internet-egress-bounded") if {
	results := deny with input as network_policy({"policyTypes": ["Egress"], "egress": [{"to": [{"ipBlock": block}], "ports": ports}]})
}

bounded_block := {
	"cidr": "0.0.0.0/0",
	"except": ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"],
}

test_net_internet_egress_bounded_wants_exceptions if {
	egress_findings({"cidr": "0.0.0.0/0"}, [{"port": 443}]) == {["spec", "egress", 0, "to", 0, "ipBlock", "except"]}
	egress_findings({"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}, [{"port": 443}]) == {["spec", "egress", 0, "to", 0, "ipBlock", "except"]}
	egress_findings({"cidr": "::/0"}, [{"port": 443}]) == {["spec", "egress", 0, "to", 0, "ipBlock", "except"]}
	egress_findings(bounded_block, [{"port": 443}]) == set()
}

test_net_internet_egress_bounded_wants_ports if {
	egress_findings(bounded_block, []) == {["spec", "egress", 0, "to", 0, "ipBlock"]}
}

test_net_internet_egress_bounded_leaves_addresses_that_were_meant if {
	egress_findings({"cidr": "10.0.0.2/32"}, [{"port": 443}]) == set()
	egress_findings({"cidr": "34.1.2.3/32"}, [{"port": 443}]) == set()
	egress_findings({"cidr": "nonsense"}, [{"port": 443}]) == set()
}
