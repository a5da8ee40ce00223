package main

import data.lib.kubernetes as k8s
import data.lib.network
import rego.v1

# METADATA
# title: A NetworkPolicy rule allows everything.
# custom:
#   severity: error
#   confidence: high
#   scope: file
#   kinds: NetworkPolicy
#   impact: The policy selects pods as if to protect them and leaves them open in that direction.
#   remedy: Name the peers and the ports that are needed.
#   source: Kubernetes documentation, Network Policies
#   bad: |
#     egress: [{}]
#   good: |
#     egress: [{to: [{ipBlock: {cidr: 10.10.0.2/32}}], ports: [{port: 443}]}]
deny contains {"id": "net-no-allow-all-rule", "msg": msg, "path": rule.path} if {
	some direction in ["Ingress", "Egress"]
	some rule in network.directed[direction]
	network.everything(rule)
	msg := sprintf("%s allows all %s: the rule names neither peers nor ports", [
		k8s.name(input),
		lower(direction),
	])
}
