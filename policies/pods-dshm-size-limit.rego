package main

import data.lib.kubernetes as k8s
import data.lib.pods
import rego.v1

# METADATA
# title: A memory volume has no size limit, or a limit above the memory limit of the Pod.
# custom:
#   severity: warning
#   scope: file
#   kinds: pods
warn contains {"id": "pods-dshm-size-limit", "msg": msg, "path": path} if {
	some memory_volume in memory_volumes
	k8s.get(memory_volume.volume, ["emptyDir", "sizeLimit"], null) == null
	msg := sprintf("the memory volume '%s' has no sizeLimit", [memory_volume.name])
	path := array.concat(memory_volume.path, ["emptyDir", "sizeLimit"])
}

warn contains {"id": "pods-dshm-size-limit", "msg": msg, "path": path} if {
	some memory_volume in memory_volumes
	size := k8s.quantity(k8s.get(memory_volume.volume, ["emptyDir", "sizeLimit"], null))
	some container in k8s.list(memory_volume.pod, "containers")
	some mount in k8s.list(container, "volumeMounts")
	k8s.text(mount, "name") == memory_volume.name
	limit := k8s.get(container, ["resources", "limits", "memory"], null)
	size > k8s.quantity(limit)
	msg := sprintf("the memory volume '%s' can exceed the %v memory limit of container '%s'", [
		memory_volume.name, limit,
		k8s.text(container, "name"),
	])
	path := array.concat(memory_volume.path, ["emptyDir", "sizeLimit"])
}

# KServe's preset gives its own dshm a size, and a volume of that name is merged with it.
memory_volumes := [memory_volume |
	some pod in data.lib.pods.pods
	some i, volume in k8s.list(pod.spec, "volumes")
	k8s.text(volume, ["emptyDir", "medium"]) == "Memory"
	not sized_by_preset(pod, volume)
	memory_volume := {
		"volume": volume,
		"name": k8s.text(volume, "name"),
		"pod": pod.spec,
		"path": array.concat(pod.path, ["volumes", i]),
	}
]

sized_by_preset(pod, volume) if {
	pod.role == "serving"
	input.kind == "LLMInferenceService"
	k8s.text(volume, "name") == "dshm"
	k8s.get(volume, ["emptyDir", "sizeLimit"], null) == null
}
