package main

import data.lib.kubernetes as k8s
import data.lib.pods
import rego.v1

# METADATA
# title: A Pod shares a namespace or a port of its node.
# custom:
#   severity: error
#   scope: file
#   kinds: pods
deny contains {"id": "pods-no-host-namespaces", "msg": msg, "path": path} if {
	some pod in data.lib.pods.pods
	some field in ["hostNetwork", "hostPID", "hostIPC"]
	k8s.get(pod.spec, field, false) == true
	msg := sprintf("the pod shares the node's namespace: %s is true", [field])
	path := array.concat(pod.path, [field])
}

deny contains {"id": "pods-no-host-namespaces", "msg": msg, "path": path} if {
	some found in data.lib.pods.containers
	some i, port in k8s.list(found.container, "ports")
	host_port := k8s.number(port, "hostPort", 0)
	host_port > 0
	msg := sprintf("container '%s' uses port %v of the node", [found.name, host_port])
	path := array.concat(found.path, ["ports", i, "hostPort"])
}
