package main

import data.lib.kubernetes as k8s
import data.lib.pods
import rego.v1

# METADATA
# title: A container allows privilege escalation.
# custom:
#   severity: error
#   scope: file
#   kinds: pods
deny contains {"id": "pods-no-privilege-escalation", "msg": msg, "path": path} if {
	some found in data.lib.pods.containers
	value := k8s.get(found.container, ["securityContext", "allowPrivilegeEscalation"], null)
	may_escalate(value, found.inherits)
	msg := sprintf("container '%s' may gain privileges: %s", [found.name, escalation_reason(value)])
	path := array.concat(found.path, ["securityContext", "allowPrivilegeEscalation"])
}

may_escalate(null, inherited) if inherited == false

may_escalate(value, _) if {
	value != null
	value != false
}

escalation_reason(null) := "allowPrivilegeEscalation is not set, and the default is true"

escalation_reason(value) := "allowPrivilegeEscalation is true" if value != null
