package main

import data.lib.kubernetes as k8s
import data.lib.network
import rego.v1

# METADATA
# title: A NetworkPolicy rule allows every Pod of the cluster to connect.
# description: >-
#   Left alone: rules for port 53 alone, and the listeners of a gateway, whose clients have no
#   address that a rule could name.
# custom:
#   severity: error
#   scope: file
#   kinds: NetworkPolicy
deny contains {"id": "net-no-all-pods-peer", "msg": msg, "path": path} if {
	some direction in ["Ingress", "Egress"]
	some rule in data.lib.network.directed[direction]
	not network.only_dns(rule)
	some i, peer in rule.peers
	k8s.get(peer, "namespaceSelector", null) == {}
	k8s.get(peer, "podSelector", {}) in [{}, null]
	msg := sprintf("%s allows %s %s every pod of the cluster", [
		k8s.name(input),
		ports_text(rule.ports),
		toward(direction),
	])
	path := array.concat(rule.path, [network.peer_field(direction), i])
}

deny contains {"id": "net-no-all-pods-peer", "msg": msg, "path": rule.path} if {
	some direction in ["Ingress", "Egress"]
	some rule in data.lib.network.directed[direction]
	count(rule.peers) == 0
	count(rule.ports) > 0
	not network.only_dns(rule)
	not gateway_listener(direction)
	msg := sprintf("%s allows %s %s every pod of the cluster and every address outside it", [
		k8s.name(input),
		ports_text(rule.ports),
		toward(direction),
	])
}

toward("Ingress") := "to"

toward("Egress") := "of"

ports_text(ports) := "all ports" if {
	count(ports) == 0
} else := sprintf("port %s", [concat(", ", [sprintf("%v", [k8s.get(p, "port", "any")]) | some p in ports])])

gateway_listener("Ingress") if {
	some label, _ in k8s.map(input, ["spec", "podSelector", "matchLabels"])
	label in {"gateway.networking.k8s.io/gateway-name", "istio.io/gateway-name", "gateway.istio.io/managed"}
}

gateway_listener("Ingress") if {
	contains(k8s.text(input, ["spec", "podSelector", "matchLabels", "istio"]), "gateway")
}
