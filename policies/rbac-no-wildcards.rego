package main

import data.lib.kubernetes as k8s
import rego.v1

# METADATA
# title: A role contains wildcards.
# custom:
#   severity: error
#   scope: file
#   kinds: Role, ClusterRole
deny contains {"id": "rbac-no-wildcards", "msg": msg, "path": ["rules", i, field, j]} if {
	input.kind in {"Role", "ClusterRole"}
	k8s.group(input) == "rbac.authorization.k8s.io"
	some i, rule in k8s.list(input, "rules")
	some field in ["apiGroups", "resources", "verbs"]
	some j, value in k8s.list(rule, field)
	value in {"*", "*/*"}
	msg := sprintf("%s %s grants all %s", [k8s.kind(input), k8s.name(input), wildcard_of[field]])
}

wildcard_of := {"apiGroups": "API groups", "resources": "resources", "verbs": "verbs"}
