package main

import data.lib.pods
import rego.v1

# METADATA
# title: A container has no seccomp profile.
# custom:
#   severity: warning
#   scope: file
#   kinds: pods
warn contains {"id": "pods-seccomp-runtime-default", "msg": msg, "path": path} if {
	some found in data.lib.pods.containers
	found.type != "ephemeralContainers"
	profile := pods.security(found, "seccompProfile")
	some problem in seccomp_problems(profile, found.inherits)
	msg := sprintf("container '%s' %s", [found.name, problem])
	path := pods.security_path(found, "seccompProfile")
}

seccomp_problems(null, false) := {"has no seccomp profile"}

seccomp_problems(profile, _) := {"runs with seccomp switched off"} if {
	is_object(profile)
	object.get(profile, "type", "") == "Unconfined"
}
