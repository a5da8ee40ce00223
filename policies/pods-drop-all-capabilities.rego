package main

import data.lib.kubernetes as k8s
import data.lib.pods
import rego.v1

# METADATA
# title: A container keeps or adds Linux capabilities.
# custom:
#   severity: error
#   confidence: high
#   scope: file
#   kinds: pods
#   impact: The default set allows raw sockets and file-owner tricks that a model server never needs.
#   remedy: Write `capabilities.drop` as [ALL]; add at most NET_BIND_SERVICE.
#   source: Pod Security Standards, restricted
#   bad: |
#     securityContext: {capabilities: {add: [SYS_RESOURCE]}}
#   good: |
#     securityContext: {capabilities: {drop: [ALL]}}
deny contains {"id": "pods-drop-all-capabilities", "msg": msg, "path": path} if {
	some found in pods.containers
	not found.inherits
	drops := k8s.list(found.container, ["securityContext", "capabilities", "drop"])
	not "ALL" in drops
	msg := sprintf("container '%s' keeps the default Linux capabilities", [found.name])
	path := array.concat(found.path, ["securityContext", "capabilities", "drop"])
}

deny contains {"id": "pods-drop-all-capabilities", "msg": msg, "path": path} if {
	some found in pods.containers
	some i, added in k8s.list(found.container, ["securityContext", "capabilities", "add"])
	added != "NET_BIND_SERVICE"
	msg := sprintf("container '%s' adds the Linux capability %v", [found.name, added])
	path := array.concat(found.path, ["securityContext", "capabilities", "add", i])
}
