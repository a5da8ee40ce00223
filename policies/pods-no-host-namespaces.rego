package main

import data.lib.kubernetes as k8s
import data.lib.pods
import rego.v1

# METADATA
# title: A pod shares a namespace or a port of its node.
# custom:
#   severity: error
#   confidence: high
#   scope: file
#   kinds: pods
#   impact: >-
#     NetworkPolicies do not hold for pods in the host network, the pod reaches the node's own
#     services, and a host port allows one such pod a node.
#   remedy: >-
#     Remove hostNetwork, hostPID, hostIPC and hostPort. Multi-host TPU slices do not need them
#     with LeaderWorkerSet.
#   source: Pod Security Standards, baseline; Kubernetes documentation, Network Policies
#   bad: |
#     spec: {hostNetwork: true}
#   good: |
#     spec: {containers: [{name: main, ports: [{containerPort: 8000}]}]}
deny contains {"id": "pods-no-host-namespaces", "msg": msg, "path": path} if {
	some pod in pods.pods
	some field in ["hostNetwork", "hostPID", "hostIPC"]
	k8s.get(pod.spec, field, false) == true
	msg := sprintf("the pod shares the node's namespace: %s is true", [field])
	path := array.concat(pod.path, [field])
}

deny contains {"id": "pods-no-host-namespaces", "msg": msg, "path": path} if {
	some found in pods.containers
	some i, port in k8s.list(found.container, "ports")
	host_port := k8s.number(port, "hostPort", 0)
	host_port > 0
	msg := sprintf("container '%s' takes port %v of the node", [found.name, host_port])
	path := array.concat(found.path, ["ports", i, "hostPort"])
}
