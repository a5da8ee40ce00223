package main

import data.lib.kubernetes as k8s
import rego.v1

# METADATA
# title: A role contains wildcards.
# custom:
#   severity: error
#   scope: file
#   kinds: Role, ClusterRole
deny contains {"id": "rbac-no-wildcards", "msg": msg, "path": ["rules", first[0], field, first[1]]} if {
	input.kind in {"Role", "ClusterRole"}
	k8s.group(input) == "rbac.authorization.k8s.io"
	some field in ["apiGroups", "resources", "verbs"]
	# That a role has wildcards of a sort is one fact, however many of its rules do.
	first := min([[i, j] |
		some i, rule in k8s.list(input, "rules")
		some j, value in k8s.list(rule, field)
		value in {"*", "*/*"}
		not names_metrics(field, rule)
	])
	msg := sprintf("%s %s grants all %s", [k8s.kind(input), k8s.name(input), wildcard_of[field]])
}

wildcard_of := {"apiGroups": "API groups", "resources": "resources", "verbs": "verbs"}

# Adapters serve each metric as a resource of its own.
names_metrics("resources", rule) if {
	groups := {group | some group in k8s.list(rule, "apiGroups")}
	count(groups) > 0
	count(groups - {"custom.metrics.k8s.io", "external.metrics.k8s.io"}) == 0
}
