package main

import data.lib.kubernetes as k8s
import data.lib.pods
import rego.v1

# METADATA
# title: A container can write its root file system.
# custom:
#   severity: warning
#   confidence: high
#   scope: file
#   kinds: pods
#   impact: An intruder can change the server's own code and tools until the next restart.
#   remedy: >-
#     Set `readOnlyRootFilesystem` to true and mount emptyDir volumes where the server writes. The
#     vLLM container `main` of an LLMInferenceService is excepted: it fills caches below its root.
#   source: NSA/CISA Kubernetes Hardening Guide, immutable container file systems
#   bad: |
#     containers: [{name: proxy, securityContext: {}}]
#   good: |
#     containers: [{name: proxy, securityContext: {readOnlyRootFilesystem: true}}]
warn contains {"id": "pods-read-only-rootfs", "msg": msg, "path": path} if {
	some found in pods.containers
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
