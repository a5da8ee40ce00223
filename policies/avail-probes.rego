package main

import data.lib.kubernetes as k8s
import data.lib.pods
import rego.v1

# METADATA
# title: A server has no probe, or a probe that cannot succeed.
# description: Judged for containers that declare ports and for model servers; jobs and what a preset completes are left alone.
# custom:
#   severity: error
#   scope: file
#   kinds: pods
deny contains {"id": "avail-probes", "msg": msg, "path": path} if {
	some found in data.lib.pods.containers
	server(found)
	probes := missing(found.container)
	"readinessProbe" in probes
	msg := sprintf("container '%s' has no %s", [found.name, concat(" and no ", probes)])
	path := array.concat(found.path, [probes[0]])
}

# Not every server needs a restart when it does not answer.
warn contains {"id": "avail-probes", "msg": msg, "path": path, "level": "info"} if {
	some found in data.lib.pods.containers
	server(found)
	missing(found.container) == ["livenessProbe"]
	msg := sprintf("container '%s' has no livenessProbe", [found.name])
	path := array.concat(found.path, ["livenessProbe"])
}

server(found) if {
	found.role != "job"
	long_running(found)
	not found.inherits
	serves(found.container)
	not by_operator
	not injected(found.container)
	not follows(found)
}

# Istio replaces the container by its template, which has probes.
injected(container) if k8s.text(container, "image") == "auto"

# A model server listens on its port whether the container declares it or not.
serves(container) if count(k8s.list(container, "ports")) > 0

serves(container) if regex.match(
	`(^|[/ ])vllm serve |vllm\.entrypoints\.(openai\.)?api_server|sglang\.launch_server`,
	pods.command_line(container),
)

serves(container) if {
	count(k8s.list(container, "command")) == 0
	regex.match(`(^|/)(vllm/vllm-openai|vllm/vllm-tpu)(:|@|$)`, k8s.text(container, "image"))
}

deny contains {"id": "avail-probes", "msg": msg, "path": path} if {
	some found in data.lib.pods.containers
	not found.inherits
	some probe in ["livenessProbe", "readinessProbe", "startupProbe"]
	some handler in ["httpGet", "tcpSocket"]
	port := k8s.text(found.container, [probe, handler, "port"])
	port != ""
	not regex.match(`^[0-9]+$`, port)
	not port in {k8s.text(p, "name") | some p in k8s.list(found.container, "ports")}
	msg := sprintf("container '%s' has no port named '%s' for its %s", [found.name, port, probe])
	path := array.concat(found.path, [probe, handler, "port"])
}

# An endpoint that is slow under load makes the kubelet kill a server that only works hard.
warn contains {"id": "avail-probes", "msg": msg, "path": path} if {
	some found in data.lib.pods.containers
	endpoint := k8s.text(found.container, ["livenessProbe", "httpGet", "path"])
	regex.match(`/(v1/models|v1/completions|v1/chat/completions|generate|metrics)/?$`, endpoint)
	msg := sprintf("container '%s' is restarted when %s is slow", [found.name, endpoint])
	path := array.concat(found.path, ["livenessProbe", "httpGet", "path"])
}

long_running(found) if found.type == "containers"

# KubeRay sets the probes of the Pods that it creates.
by_operator if input.kind in {"RayCluster", "RayService", "RayJob"}

# The workers of a group that has a leader take no requests.
follows(found) if {
	found.role == "serving"
	"worker" in found.path
}

follows(found) if {
	"workerTemplate" in found.path
	k8s.get(input, ["spec", "leaderWorkerTemplate", "leaderTemplate"], null) != null
}

missing(container) := [probe |
	some probe in ["livenessProbe", "readinessProbe"]
	k8s.get(container, probe, null) == null
]

# A sidecar need not answer for the pod, and not every one has something to ask.
warn contains {"id": "avail-probes", "msg": msg, "path": path} if {
	some found in data.lib.pods.containers
	found.type == "initContainers"
	k8s.text(found.container, "restartPolicy") == "Always"
	not found.inherits
	count(k8s.list(found.container, "ports")) > 0
	not by_operator
	not follows(found)
	probes := missing(found.container)
	count(probes) > 0
	msg := sprintf("container '%s' has no %s", [found.name, concat(" and no ", probes)])
	path := array.concat(found.path, [probes[0]])
}
