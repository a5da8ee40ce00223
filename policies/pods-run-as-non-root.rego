package main

import data.lib.kubernetes as k8s
import data.lib.pods
import rego.v1

# METADATA
# title: A container can run as root.
# custom:
#   severity: error
#   scope: file
#   kinds: pods
deny contains {"id": "pods-run-as-non-root", "msg": msg, "path": path} if {
	some found in data.lib.pods.containers
	pods.security(found, "runAsUser") == 0
	msg := sprintf("container '%s' runs as user 0", [found.name])
	path := pods.security_path(found, "runAsUser")
}

deny contains {"id": "pods-run-as-non-root", "msg": msg, "path": path} if {
	some found in data.lib.pods.containers
	pods.security(found, "runAsUser") != 0
	some problem in root_problems(found)
	msg := sprintf("container '%s' may run as root: runAsNonRoot %s", [found.name, problem])
	path := pods.security_path(found, "runAsNonRoot")
}

root_problems(found) := {"is not set"} if {
	pods.security(found, "runAsNonRoot") == null
	not found.inherits
	not numeric_user(found)
} else := {"is false"} if {
	non_root_written(found) == false
} else := set()

# A user other than 0 given by number is not root, whatever runAsNonRoot says.
numeric_user(found) if pods.security(found, "runAsUser") > 0

# Under a preset, `main` has runAsNonRoot of its own, so that the pod's value has no effect.
non_root_written(found) := k8s.get(found.container, ["securityContext", "runAsNonRoot"], null) if {
	found.inherits
} else := pods.security(found, "runAsNonRoot")
