package main

import data.lib.kubernetes as k8s
import data.lib.set
import rego.v1

# METADATA
# title: A namespace with workloads does not enforce Pod Security Standards.
# custom:
#   severity: warning
#   scope: set
#   kinds: Namespace
warn contains {"id": "pods-psa-labels", "msg": msg, "path": path, "object": set.about(i)} if {
	some name, indexes in data.lib.set.namespaces
	count(object.get(data.lib.set.workloads, name, set())) > 0
	some i in indexes
	level := k8s.text(k8s.labels(set.at(i)), "pod-security.kubernetes.io/enforce")
	not level in {"baseline", "restricted"}
	msg := sprintf("namespace %s holds workloads and %s", [name, psa_level(level)])
	path := ["metadata", "labels", "pod-security.kubernetes.io/enforce"]
}

psa_level("") := "does not enforce Pod Security"

psa_level(level) := sprintf("enforces only the level %s", [level]) if level != ""
