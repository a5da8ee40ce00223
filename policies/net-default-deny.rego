package main

import data.lib.facts
import data.lib.kubernetes as k8s
import data.lib.network
import data.lib.set
import rego.v1

# METADATA
# title: A namespace with workloads has no default-deny NetworkPolicy.
# description: >-
#   Judged for namespaces that the set defines or writes NetworkPolicies for; others may be
#   closed elsewhere. `profile.defaultDeny: false` records that they are left open.
# custom:
#   severity: error
#   scope: set
#   kinds: pods
deny contains {"id": "net-default-deny", "msg": msg, "path": ["metadata", "name"], "object": set.about(i)} if {
	not data.lib.facts.open_network
	some namespace, _ in data.lib.set.workloads
	not facts.foreign_namespace(namespace)
	some i in owner_of_namespace(namespace)
	open_directions := {"Ingress", "Egress"} - closed_directions(namespace)
	count(open_directions) > 0
	msg := sprintf("namespace %s has no default-deny policy for %s", [
		namespace,
		lower(concat(" and ", sort(open_directions))),
	])
}

closed_directions(namespace) := {direction |
	some i in network.policies_in(namespace)
	spec := network.spec(set.at(i))
	k8s.get(spec, "podSelector", null) in [{}, null]
	some direction in network.types(spec)
	not network.allows_everything(spec, direction)
}

# The object that shows that the set answers for the namespace.
owner_of_namespace(namespace) := {min(indexes)} if {
	indexes := object.get(data.lib.set.namespaces, namespace, set())
	count(indexes) > 0
} else := {min(indexes)} if {
	indexes := network.policies_in(namespace)
	count(indexes) > 0
} else := set()
