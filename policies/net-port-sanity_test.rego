package main

import data.lib.testing
import rego.v1

range_policy(block) := {
	"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "p", "namespace": "n"},
	"spec": {"podSelector": {}, "policyTypes": ["Egress"], "egress": [{"to": [{"ipBlock": block}]}]},
}

range_messages(block) := {r.msg | some r in results; r.id == "net-port-sanity"} if {
	results := warn with input as range_policy(block)
}

test_net_port_sanity_says_what_is_meant if {
	range_messages({"cidr": "10.10.0.2/24"}) == {"10.10.0.2/24 means 10.10.0.0/24"}
	range_messages({"cidr": "172.20.1.1/12"}) == {"172.20.1.1/12 means 172.16.0.0/12"}
	range_messages({"cidr": "10.0.0.1/0"}) == {"10.0.0.1/0 means 0.0.0.0/0"}
	range_messages({"cidr": "0.0.0.0/0", "except": ["169.254.169.254/16"]}) == {"169.254.169.254/16 means 169.254.0.0/16"}
}

test_net_port_sanity_leaves_whole_ranges_alone if {
	range_messages({"cidr": "10.10.0.2/32", "except": []}) == set()
	range_messages({"cidr": "10.10.0.0/23"}) == set()
	range_messages({"cidr": "2001:db8::1/32"}) == set()
	range_messages({"cidr": "no/24"}) == set()
}
