package main

import data.lib.kubernetes as k8s
import data.lib.pods
import rego.v1

# METADATA
# title: A container runs privileged.
# custom:
#   severity: error
#   confidence: high
#   scope: file
#   kinds: pods
#   impact: A break-out of the model server owns the node, its disks and its service account.
#   remedy: Remove `privileged`. TPUs on GKE 1.28 and later need neither it nor extra capabilities.
#   source: Pod Security Standards, baseline; GKE documentation, TPUs in GKE
#   bad: |
#     securityContext: {privileged: true}
#   good: |
#     securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
deny contains {"id": "pods-no-privileged", "msg": msg, "path": path} if {
	some found in pods.containers
	k8s.get(found.container, ["securityContext", "privileged"], false) == true
	msg := sprintf("container '%s' runs privileged", [found.name])
	path := array.concat(found.path, ["securityContext", "privileged"])
}
