package main

import data.lib.facts
import data.lib.kubernetes as k8s
import data.lib.pods
import data.lib.probes
import rego.v1

# METADATA
# title: The liveness probe restarts a model server before it has started.
# description: >-
#   Judged for GPU containers against `profile.coldStartSeconds`. What KServe's preset adds is
#   counted, by release. Of TPUs probe-no-startup and probe-startup-budget speak.
# custom:
#   severity: error
#   scope: file
#   kinds: pods
#   needs: coldStartSeconds
deny contains {"id": "avail-startup-probe", "msg": msg, "path": path} if {
	some found in data.lib.pods.containers
	found.type == "containers"
	not "worker" in found.path
	needed := cold_start(found.container)
	allowed := probes.budget(found)
	allowed < needed
	msg := sprintf("container '%s' is killed %v s after it starts; it may need %v s", [found.name, allowed, needed])
	path := array.concat(found.path, [deciding_probe(found.container)])
}

cold_start(container) := seconds if {
	pods.accelerated(container)
	pods.requested(container, "google.com/tpu") == null
	seconds := k8s.number(data.lib.facts.profile, "coldStartSeconds", 0)
	seconds > 0
}

deciding_probe(container) := "livenessProbe" if {
	k8s.get(container, "startupProbe", null) == null
	k8s.get(container, "livenessProbe", null) != null
} else := "startupProbe"
