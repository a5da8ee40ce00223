package main

import data.lib.kubernetes as k8s
import data.lib.pods
import rego.v1

# METADATA
# title: A container can write to its root file system.
# custom:
#   severity: warning
#   scope: file
#   kinds: pods
warn contains {"id": "pods-read-only-rootfs", "msg": msg, "path": path} if {
	some found in data.lib.pods.containers
	found.type != "ephemeralContainers"
	value := k8s.get(found.container, ["securityContext", "readOnlyRootFilesystem"], null)
	value != true
	not writable_by_design(found, value)
	msg := sprintf("container '%s' can write its root file system", [found.name])
	path := array.concat(found.path, ["securityContext", "readOnlyRootFilesystem"])
}

writable_by_design(found, _) if {
	found.role == "serving"
	found.type == "containers"
	found.name == "main"
}

writable_by_design(found, null) if found.inherits
