# Pod specs and containers, wherever an object holds them, as they are after KServe's merge.
package lib.pods

import data.lib.kubernetes as k8s
import rego.v1

# Where each kind keeps its pod specs, and whose pods they are. `serving`: KServe puts a preset
# under the container `main`. `scheduler`: the same for the endpoint picker.
places := {
	"Pod": [{"path": ["spec"], "role": "pod"}],
	"Deployment": [{"path": ["spec", "template", "spec"], "role": "pod"}],
	"ReplicaSet": [{"path": ["spec", "template", "spec"], "role": "pod"}],
	"StatefulSet": [{"path": ["spec", "template", "spec"], "role": "pod"}],
	"DaemonSet": [{"path": ["spec", "template", "spec"], "role": "pod"}],
	"Job": [{"path": ["spec", "template", "spec"], "role": "job"}],
	"CronJob": [{"path": ["spec", "jobTemplate", "spec", "template", "spec"], "role": "job"}],
	"LeaderWorkerSet": [
		{"path": ["spec", "leaderWorkerTemplate", "leaderTemplate", "spec"], "role": "pod"},
		{"path": ["spec", "leaderWorkerTemplate", "workerTemplate", "spec"], "role": "pod"},
	],
	"LLMInferenceService": serving,
	"LLMInferenceServiceConfig": serving,
}

serving := [
	{"path": ["spec", "template"], "role": "serving"},
	{"path": ["spec", "worker"], "role": "serving"},
	{"path": ["spec", "prefill", "template"], "role": "serving"},
	{"path": ["spec", "prefill", "worker"], "role": "serving"},
	{"path": ["spec", "router", "scheduler", "template"], "role": "scheduler"},
]

# The API groups whose objects these kinds name; others of the same kind are somebody else's.
groups := {"", "apps", "batch", "leaderworkerset.x-k8s.io", "serving.kserve.io"}

# of: the pod specs of an object: path, spec and role.
of(object) := [pod |
	some place in object_get(places, k8s.kind(object))
	k8s.group(object) in groups
	spec := k8s.get(object, place.path, null)
	is_object(spec)
	pod := {"path": place.path, "spec": spec, "role": place.role}
]

object_get(table, key) := object.get(table, key, [])

# pods, containers: of the document under test, when documents are tested one by one.
pods := of(input)

containers := containers_of(input)

# containers_of: every container of an object. `inherits`: fields left out come from a KServe
# preset or from a referenced config, so that their absence says nothing.
containers_of(object) := [found |
	some pod in of(object)
	some type in ["initContainers", "containers", "ephemeralContainers"]
	some i, container in k8s.list(pod.spec, type)
	is_object(container)
	found := {
		"path": array.concat(pod.path, [type, i]),
		"container": container,
		"name": k8s.text(container, "name"),
		"type": type,
		"role": pod.role,
		"pod": pod.spec,
		"inherits": inherits(object, pod, type, container),
	}
]

inherits(object, pod, type, container) if {
	pod.role in {"serving", "scheduler"}
	preset_below(object, type, container)
} else := false

# The container `main` of a service lies over the preset of that name.
preset_below(object, "containers", container) if {
	k8s.text(container, "name") == "main"
	not is_preset(object)
}

# A service or config with baseRefs may get any container's fields from a config not seen here.
preset_below(object, _, _) if count(k8s.list(object, ["spec", "baseRefs"])) > 0

# A config that bears a preset's name replaces the preset: nothing lies below it.
is_preset(object) if {
	k8s.kind(object) == "LLMInferenceServiceConfig"
	regex.match(`(^|-)config-llm-`, k8s.name(object))
}

# security: a field of a container's securityContext, else of the pod's, else null.
security(found, field) := value if {
	value := k8s.get(k8s.map(found.container, "securityContext"), field, null)
	value != null
} else := k8s.get(k8s.map(found.pod, "securityContext"), field, null)

# security_path: where that field is, or where it would be written.
security_path(found, field) := array.concat(pod_path(found), ["securityContext", field]) if {
	k8s.get(k8s.map(found.container, "securityContext"), field, null) == null
	k8s.get(k8s.map(found.pod, "securityContext"), field, null) != null
} else := array.concat(found.path, ["securityContext", field])

pod_path(found) := array.slice(found.path, 0, count(found.path) - 2)

# command_line: command and args of a container in one text, for looking for a flag.
command_line(container) := concat(" ", array.concat(
	k8s.strings(k8s.list(container, "command")),
	k8s.strings(k8s.list(container, "args")),
))

# requested: what a container asks for of a resource; a limit alone counts as the request.
requested(container, resource) := value if {
	value := k8s.get(container, ["resources", "requests", resource], null)
	value != null
} else := k8s.get(container, ["resources", "limits", resource], null)

# accelerated: the container asks for TPU chips or GPUs.
accelerated(container) if {
	some section in ["requests", "limits"]
	some resource, _ in k8s.map(container, ["resources", section])
	resource in {"google.com/tpu", "nvidia.com/gpu", "amd.com/gpu"}
}
