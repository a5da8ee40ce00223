# Where a kind keeps its pod templates, by API group and kind: the same facts as the table of workload
# kinds that the rules in Python read (a test compares them).
package lib.workloads

import data.lib.kubernetes as k8s
import rego.v1

# templates: paths of pod templates; "*" stands for every item of a list.
templates := {
	"/Pod": [[]],
	"/PodTemplate": [["template"]],
	"/ReplicationController": [["spec", "template"]],
	"apps/Deployment": [["spec", "template"]],
	"apps/ReplicaSet": [["spec", "template"]],
	"apps/StatefulSet": [["spec", "template"]],
	"apps/DaemonSet": [["spec", "template"]],
	"batch/Job": [["spec", "template"]],
	"batch/CronJob": [["spec", "jobTemplate", "spec", "template"]],
	"keda.sh/ScaledJob": [["spec", "jobTargetRef", "template"]],
	"jobset.x-k8s.io/JobSet": [["spec", "replicatedJobs", "*", "template", "spec", "template"]],
	"leaderworkerset.x-k8s.io/LeaderWorkerSet": [
		["spec", "leaderWorkerTemplate", "leaderTemplate"],
		["spec", "leaderWorkerTemplate", "workerTemplate"],
	],
	"argoproj.io/Rollout": [["spec", "template"]],
	"apps.kruise.io/CloneSet": [["spec", "template"]],
	"apps.kruise.io/StatefulSet": [["spec", "template"]],
	"apps.kruise.io/DaemonSet": [["spec", "template"]],
	"ray.io/RayCluster": [
		["spec", "headGroupSpec", "template"],
		["spec", "workerGroupSpecs", "*", "template"],
	],
	"ray.io/RayService": [
		["spec", "rayClusterConfig", "headGroupSpec", "template"],
		["spec", "rayClusterConfig", "workerGroupSpecs", "*", "template"],
	],
	"ray.io/RayJob": [
		["spec", "rayClusterSpec", "headGroupSpec", "template"],
		["spec", "rayClusterSpec", "workerGroupSpecs", "*", "template"],
	],
}

# replicated: kinds with a number of equal replicas under spec.replicas that any node may take.
replicated := {
	"/ReplicationController", "apps/Deployment", "apps/ReplicaSet", "apps/StatefulSet",
	"argoproj.io/Rollout", "apps.kruise.io/CloneSet", "apps.kruise.io/StatefulSet",
}

# tasks: kinds whose pods end.
tasks := {"batch/Job", "batch/CronJob", "keda.sh/ScaledJob", "jobset.x-k8s.io/JobSet", "ray.io/RayJob"}

# key: group and kind of an object, as the tables have them.
key(resource) := concat("/", [k8s.group(resource), k8s.kind(resource)])

# pod_specs: paths of the pod specs of an object.
pod_specs(resource) := [array.concat(path, ["spec"]) |
	some template in object.get(templates, key(resource), [])
	some path in expanded(resource, template)
]

# expanded: the path itself, or with the index of every item where it has a "*".
expanded(_, path) := [path] if not "*" in path

expanded(resource, path) := [array.concat(before, array.concat([i], after)) |
	some at, step in path
	step == "*"
	before := array.slice(path, 0, at)
	after := array.slice(path, at + 1, count(path))
	some i, _ in k8s.list(resource, before)
] if "*" in path
