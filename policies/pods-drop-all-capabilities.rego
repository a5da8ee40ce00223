package main

import data.lib.kubernetes as k8s
import data.lib.pods
import rego.v1

# METADATA
# title: A container keeps or adds Linux capabilities.
# custom:
#   severity: error
#   scope: file
#   kinds: pods
deny contains {"id": "pods-drop-all-capabilities", "msg": msg, "path": path} if {
	some found in data.lib.pods.containers
	not found.inherits
	drops := k8s.list(found.container, ["securityContext", "capabilities", "drop"])
	not "ALL" in drops
	msg := sprintf("container '%s' keeps the default Linux capabilities", [found.name])
	path := array.concat(found.path, ["securityContext", "capabilities", "drop"])
}

deny contains {"id": "pods-drop-all-capabilities", "msg": msg, "path": path} if {
	some found in data.lib.pods.containers
	some i, added in k8s.list(found.container, ["securityContext", "capabilities", "add"])
	added != "NET_BIND_SERVICE"
	msg := sprintf("container '%s' adds the Linux capability %v", [found.name, added])
	path := array.concat(found.path, ["securityContext", "capabilities", "add", i])
}
