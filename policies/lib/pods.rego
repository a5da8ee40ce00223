# Pod specs and containers, wherever an object holds them, as they are after KServe's merge.
package lib.pods

import data.lib.kubernetes as k8s
import data.lib.workloads
import rego.v1

# kinds: of the objects that hold pod specs. Objects of the same kind in other groups do not. A set
# that is written out: the engine works it out again for each document.
kinds := {
	"Pod", "PodTemplate", "ReplicationController", "Deployment", "ReplicaSet", "StatefulSet",
	"DaemonSet", "Job", "CronJob", "ScaledJob", "JobSet", "LeaderWorkerSet", "Rollout", "CloneSet",
	"RayCluster", "RayService", "RayJob", "LLMInferenceService", "LLMInferenceServiceConfig",
}

serving_kinds := {"LLMInferenceService", "LLMInferenceServiceConfig"}

# makes_pods: the object is of a kind that holds pod specs.
makes_pods(object) if data.lib.workloads.templates[workloads.key(object)]

makes_pods(object) if is_serving(object)

is_serving(object) if {
	object.kind in serving_kinds
	k8s.group(object) == "serving.kserve.io"
}

# places: where an object keeps its pod specs. A serving kind keeps the server's under these paths;
# KServe puts a preset under the container `main`, there and in the endpoint picker's.
places(object) := [
	["spec", "template"], ["spec", "worker"], ["spec", "prefill", "template"], ["spec", "prefill", "worker"],
	["spec", "router", "scheduler", "template"],
] if {
	is_serving(object)
} else := workloads.pod_specs(object)

# role: whose pods they are: pod, job, serving (a model server) or scheduler (the endpoint picker).
role(object, path) := "scheduler" if {
	is_serving(object)
	"scheduler" in path
} else := "serving" if {
	is_serving(object)
} else := "job" if {
	workloads.key(object) in data.lib.workloads.tasks
} else := "pod"

# of: the pod specs of an object: path, spec and role.
of(object) := found if {
	makes_pods(object)
	found := [pod |
		some path in places(object)
		spec := k8s.get(object, path, null)
		is_object(spec)
		pod := {"path": path, "spec": spec, "role": role(object, path)}
	]
} else := []

# pods, containers: of the document under test, when documents are tested one by one.
default pods := []

pods := of(input) if input.kind in kinds

default containers := []

containers := containers_of(input) if input.kind in kinds

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
} else if {
	# Nothing but a name is meant to lie over a preset of a release that is not known here.
	pod.role == "scheduler"
	type == "containers"
	{key | some key, _ in container} == {"name"}
	not is_preset(object)
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
