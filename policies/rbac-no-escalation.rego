package main

import data.lib.kubernetes as k8s
import rego.v1

# METADATA
# title: A role lets its subject gain more permissions.
# custom:
#   severity: error
#   scope: file
#   kinds: Role, ClusterRole
deny contains {"id": "rbac-no-escalation", "msg": msg, "path": ["rules", i, "verbs", j]} if {
	is_role
	some i, rule in k8s.list(input, "rules")
	some j, verb in k8s.list(rule, "verbs")
	verb in {"escalate", "bind", "impersonate"}
	count(k8s.list(rule, "resourceNames")) == 0
	msg := sprintf("%s %s grants the verb %s", [k8s.kind(input), k8s.name(input), verb])
}

deny contains {"id": "rbac-no-escalation", "msg": msg, "path": ["rules", i, "resources", j]} if {
	is_role
	some i, rule in k8s.list(input, "rules")
	"" in k8s.list(rule, "apiGroups")
	some j, resource in k8s.list(rule, "resources")
	some reason in escalating_resource(resource, {v | some v in k8s.list(rule, "verbs")}, rule)
	msg := sprintf("%s %s %s", [k8s.kind(input), k8s.name(input), reason])
}

is_role if {
	input.kind in {"Role", "ClusterRole"}
	k8s.group(input) == "rbac.authorization.k8s.io"
}

escalating_resource(resource, verbs, _) := {sprintf("grants %s", [resource])} if {
	resource in {"pods/exec", "pods/attach", "nodes/proxy"}
	count(verbs) > 0
}

escalating_resource("secrets", verbs, rule) := {"reads every Secret of the cluster"} if {
	input.kind == "ClusterRole"
	count(k8s.list(rule, "resourceNames")) == 0
	count(verbs & {"get", "list", "watch"}) > 0
}
