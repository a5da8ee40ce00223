package main

import data.lib.kubernetes as k8s
import data.lib.pods
import rego.v1

# METADATA
# title: A container is privileged.
# custom:
#   severity: error
#   scope: file
#   kinds: pods
deny contains {"id": "pods-no-privileged", "msg": msg, "path": path} if {
	some found in data.lib.pods.containers
	k8s.get(found.container, ["securityContext", "privileged"], false) == true
	msg := sprintf("container '%s' runs privileged", [found.name])
	path := array.concat(found.path, ["securityContext", "privileged"])
}
