package main

import data.lib.kubernetes as k8s
import data.lib.set
import rego.v1

# METADATA
# title: Any workload of the mesh can call this workload.
# description: Whether a public Gateway asks callers who they are is gateway-authentication's matter.
# custom:
#   severity: warning
#   scope: set
#   kinds: AuthorizationPolicy, Namespace
warn contains {"id": "istio-authorization-policy", "msg": msg, "path": ["spec", "rules", n], "object": set.about(i)} if {
	some i in allowing_policies
	some n, rule in k8s.list(set.at(i), ["spec", "rules"])
	rule in [{}, null]
	msg := sprintf("%s allows every request", [k8s.name(set.at(i))])
}

warn contains {"id": "istio-authorization-policy", "msg": msg, "path": path, "object": set.about(i)} if {
	some i in allowing_policies
	some n, rule in k8s.list(set.at(i), ["spec", "rules"])
	some m, from in k8s.list(rule, "from")
	some field in ["principals", "namespaces"]
	"*" in k8s.list(from, ["source", field])
	msg := sprintf("%s allows all %s", [k8s.name(set.at(i)), field])
	path := ["spec", "rules", n, "from", m, "source", field]
}

warn contains {"id": "istio-authorization-policy", "msg": msg, "path": ["metadata", "name"], "object": set.about(i)} if {
	some name, indexes in data.lib.set.namespaces
	some i in indexes
	set.meshed(set.at(i))
	count(object.get(data.lib.set.workloads, name, set())) > 0
	not name in authorized_namespaces
	not "istio-system" in authorized_namespaces
	msg := sprintf("namespace %s is in the mesh and no AuthorizationPolicy names the allowed clients", [name])
}

allowing_policies := {i |
	some i in set.all("security.istio.io", "AuthorizationPolicy")
	k8s.text(set.at(i), ["spec", "action"]) in {"", "ALLOW"}
}

authorized_namespaces contains k8s.namespace(set.at(i)) if {
	some i in set.all("security.istio.io", "AuthorizationPolicy")
}
