package main

import data.lib.testing
import rego.v1

peer_findings(spec) := testing.paths(results, "net-no-all-pods-peer") if {
	results := deny with input as network_policy(spec)
}

test_net_no_all_pods_peer_finds_empty_selectors if {
	peer_findings({"ingress": [{"from": [{"namespaceSelector": {}}], "ports": [{"port": 8000}]}]}) == {["spec", "ingress", 0, "from", 0]}
	peer_findings({"egress": [{"to": [{"namespaceSelector": {}, "podSelector": {}}]}]}) == {["spec", "egress", 0, "to", 0]}
	peer_findings({"ingress": [{"from": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"a": "b"}}}]}]}) == set()
	peer_findings({"ingress": [{"from": [{"podSelector": {}}]}]}) == set()
}

test_net_no_all_pods_peer_finds_ports_without_peers if {
	peer_findings({"ingress": [{"ports": [{"port": 8000}]}]}) == {["spec", "ingress", 0]}
	peer_findings({"egress": [{"ports": [{"port": 443}]}]}) == {["spec", "egress", 0]}
}

test_net_no_all_pods_peer_leaves_names_and_gateways if {
	peer_findings({"egress": [{"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]}]}) == set()
	peer_findings({
		"podSelector": {"matchLabels": {"gateway.networking.k8s.io/gateway-name": "g"}},
		"ingress": [{"ports": [{"port": 443}]}],
	}) == set()
}
