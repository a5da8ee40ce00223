package main

import data.lib.kubernetes as k8s
import data.lib.network
import rego.v1

# METADATA
# title: A NetworkPolicy rule allows all traffic.
# custom:
#   severity: error
#   scope: file
#   kinds: NetworkPolicy
deny contains {"id": "net-no-allow-all-rule", "msg": msg, "path": rule.path} if {
	some direction in ["Ingress", "Egress"]
	some rule in data.lib.network.directed[direction]
	network.everything(rule)
	msg := sprintf("%s allows all %s: the rule names neither peers nor ports", [
		k8s.name(input),
		lower(direction),
	])
}
