package main

import data.lib.kubernetes as k8s
import data.lib.network
import rego.v1

# METADATA
# title: A NetworkPolicy does not list the directions that it restricts.
# custom:
#   severity: warning
#   scope: file
#   kinds: NetworkPolicy
warn contains {"id": "net-explicit-policy-types", "msg": msg, "path": ["spec", "policyTypes"]} if {
	network.is_policy(input)
	count(k8s.list(input, ["spec", "policyTypes"])) == 0
	msg := sprintf("%s has no policyTypes; it restricts %s", [
		k8s.name(input),
		lower(concat(" and ", sort(network.types(network.spec(input))))),
	])
}

warn contains {"id": "net-explicit-policy-types", "msg": msg, "path": ["spec", field]} if {
	network.is_policy(input)
	listed := k8s.list(input, ["spec", "policyTypes"])
	count(listed) > 0
	some direction in ["Ingress", "Egress"]
	not direction in listed
	field := lower(direction)
	count(k8s.list(input, ["spec", field])) > 0
	msg := sprintf("%s has %s rules and policyTypes without %s: they are ignored", [
		k8s.name(input), field, direction,
	])
}
