package main

import data.lib.kubernetes as k8s
import rego.v1

# METADATA
# title: A binding grants cluster-admin, or grants a role to all users.
# custom:
#   severity: error
#   scope: file
#   kinds: RoleBinding, ClusterRoleBinding
deny contains {"id": "rbac-no-cluster-admin", "msg": msg, "path": ["roleRef", "name"]} if {
	is_binding
	k8s.text(input, ["roleRef", "kind"]) == "ClusterRole"
	k8s.text(input, ["roleRef", "name"]) == "cluster-admin"
	msg := sprintf("%s %s grants cluster-admin", [k8s.kind(input), k8s.name(input)])
}

deny contains {"id": "rbac-no-cluster-admin", "msg": msg, "path": ["subjects", i, "name"]} if {
	is_binding
	some i, subject in k8s.list(input, "subjects")
	name := k8s.text(subject, "name")
	name in {"system:masters", "system:unauthenticated", "system:anonymous", "system:authenticated"}
	not public_by_design(name)
	msg := sprintf("%s %s grants %s to %s", [
		k8s.kind(input), k8s.name(input), k8s.text(input, ["roleRef", "name"]), name,
	])
}

is_binding if {
	input.kind in {"RoleBinding", "ClusterRoleBinding"}
	k8s.group(input) == "rbac.authorization.k8s.io"
}

# What every cluster grants to every authenticated user.
public_by_design("system:authenticated") if {
	k8s.text(input, ["roleRef", "name"]) in {"system:discovery", "system:basic-user", "system:public-info-viewer"}
}
