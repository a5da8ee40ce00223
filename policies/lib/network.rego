# Reading NetworkPolicies.
package lib.network

import data.lib.kubernetes as k8s
import data.lib.set
import rego.v1

is_policy(object) if {
	object.kind == "NetworkPolicy"
	k8s.group(object) == "networking.k8s.io"
}

spec(object) := k8s.map(object, "spec")

# policies_in: indexes of the NetworkPolicies of a namespace.
policies_in(namespace) := object.get(by_namespace, namespace, set())

by_namespace[namespace] contains i if {
	some i in set.all("networking.k8s.io", "NetworkPolicy")
	namespace := k8s.namespace(set.at(i))
}

# types: the directions that a policy closes; left out, they follow from its rules.
types(spec) := {t | some t in k8s.strings(listed)} if {
	listed := k8s.list(spec, "policyTypes")
	count(listed) > 0
} else := {"Ingress", "Egress"} if {
	count(k8s.list(spec, "egress")) > 0
} else := {"Ingress"}

# rules: of one direction, each with its place.
rules(spec, direction) := [{"path": ["spec", field, i], "rule": rule, "peers": peers, "ports": ports} |
	field := lower(direction)
	some i, rule in k8s.list(spec, field)
	peers := k8s.list(rule, peer_field(direction))
	ports := k8s.list(rule, "ports")
]

# directed: the rules of the policy under test by direction, worked out once for all who ask.
directed := {direction: rules(spec(input), direction) | some direction in ["Ingress", "Egress"]} if {
	is_policy(input)
} else := {"Ingress": [], "Egress": []}

peer_field("Ingress") := "from"

peer_field("Egress") := "to"

allows_everything(spec, direction) if {
	some rule in rules(spec, direction)
	everything(rule)
}

# everything: the rule names neither peers nor ports.
everything(rule) if {
	count(rule.peers) == 0
	count(rule.ports) == 0
}

# only_dns: the rule is about port 53 alone.
only_dns(rule) if {
	count(rule.ports) > 0
	every port in rule.ports {
		k8s.get(port, "port", null) == 53
		k8s.get(port, "endPort", 53) == 53
	}
}
