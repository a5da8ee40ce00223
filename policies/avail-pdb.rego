package main

import data.lib.kubernetes as k8s
import data.lib.set
import data.lib.workloads
import rego.v1

# METADATA
# title: Node upgrades evict all replicas at the same time, or are blocked.
# custom:
#   severity: warning
#   scope: set
#   kinds: pods, PodDisruptionBudget
warn contains {"id": "avail-pdb", "msg": msg, "path": workload.path, "object": set.about(workload.index)} if {
	some workload in replicated
	not class_of(workload) in covered_classes
	msg := sprintf("%s has %v replicas and no PodDisruptionBudget", [
		k8s.name(set.at(workload.index)), workload.replicas,
	])
}

warn contains {"id": "avail-pdb", "msg": msg, "path": ["spec", field], "object": set.about(i)} if {
	some i in disruption_budgets
	some field in ["maxUnavailable", "minAvailable"]
	value := k8s.get(set.at(i), ["spec", field], null)
	blocks_evictions(i, field, value)
	msg := sprintf("%s allows no eviction: %s is %v", [k8s.name(set.at(i)), field, value])
}

disruption_budgets := set.all("policy", "PodDisruptionBudget")

blocks_evictions(_, "maxUnavailable", value) if value in {0, "0", "0%"}

blocks_evictions(_, "minAvailable", value) if value == "100%"

blocks_evictions(i, "minAvailable", value) if {
	is_number(value)
	namespace := k8s.namespace(set.at(i))
	some class in selected_classes(namespace, k8s.get(set.at(i), ["spec", "selector"], null))
	value >= min(class_replicas[class])
}

# The joins are between selectors and labels that differ: environments in one set repeat both.
selected_classes(namespace, selector) := object.get(budget_classes, json.marshal([namespace, selector]), set())

budget_classes[key] contains class if {
	some namespace, selectors in budget_selectors
	some selector in selectors
	key := json.marshal([namespace, selector])
	some class in candidates(namespace, selector)
	k8s.matches(selector, pod_classes[class].labels)
}

budget_selectors[namespace] contains selector if {
	some i in disruption_budgets
	namespace := k8s.namespace(set.at(i))
	selector := k8s.get(set.at(i), ["spec", "selector"], null)
	is_object(selector)
}

pod_classes := {class: {"namespace": namespace, "labels": workload.labels} |
	some workload in scaled_workloads
	namespace := k8s.namespace(set.at(workload.index))
	class := json.marshal([namespace, workload.labels])
}

# An autoscaler sets the replicas, to its minimum or more.
class_replicas[class] contains max(autoscaled[key]) if {
	some workload in scaled_workloads
	class := class_of(workload)
	key := target_of(workload)
	autoscaled[key]
}

class_replicas[class] contains workload.replicas if {
	some workload in scaled_workloads
	class := class_of(workload)
	key := target_of(workload)
	not autoscaled[key]
}

target_of(workload) := json.marshal([k8s.namespace(found), k8s.text(found, "kind"), k8s.name(found)]) if {
	found := set.at(workload.index)
}

autoscaled[key] contains minimum if {
	some [group, kind, field] in [
		["autoscaling", "HorizontalPodAutoscaler", "minReplicas"],
		["keda.sh", "ScaledObject", "minReplicaCount"],
	]
	some i in set.all(group, kind)
	target := k8s.map(set.at(i), ["spec", "scaleTargetRef"])
	of_kind := object.get(target, "kind", "Deployment")
	key := json.marshal([k8s.namespace(set.at(i)), of_kind, object.get(target, "name", "")])
	minimum := max([1, k8s.number(set.at(i), ["spec", field], 1)])
}

class_of(workload) := json.marshal([k8s.namespace(set.at(workload.index)), workload.labels])

covered_classes contains class if {
	some _, classes in budget_classes
	some class in classes
}

# candidates: the classes with the rarest label that a selector asks for, or all of the namespace.
candidates(namespace, selector) := {class |
	some label in rarest
	some class in labeled_classes[label]
} if {
	numbers := {[sum([count(labeled_classes[label]) | some label in labels]), labels] |
		some labels in required_labels(namespace, selector)
	}
	count(numbers) > 0
	[_, rarest] := min(numbers)
} else := object.get(classes_in, namespace, set())

# required_labels: lists of labels, of each of which a class has one.
required_labels(namespace, selector) := {[json.marshal([namespace, key, value])] |
	some key, value in k8s.map(selector, "matchLabels")
	is_string(value)
} | {labels |
	some expression in k8s.list(selector, "matchExpressions")
	k8s.text(expression, "operator") == "In"
	values := k8s.list(expression, "values")
	count(k8s.strings(values)) == count(values)
	labels := [json.marshal([namespace, k8s.text(expression, "key"), value]) | some value in values]
}

labeled_classes[label] contains class if {
	some class, found in pod_classes
	some key, value in found.labels
	label := json.marshal([found.namespace, key, value])
}

classes_in[namespace] contains class if {
	some class, found in pod_classes
	namespace := found.namespace
}

replicated := [workload |
	some workload in scaled_workloads
	workload.replicas > 1
]

scaled_workloads := array.concat(
	[{"index": i, "replicas": replicas, "labels": labels, "path": ["spec", "replicas"]} |
		some key in data.lib.workloads.replicated
		some i in object.get(data.lib.set.of_group_and_kind, key, set())
		replicas := k8s.number(set.at(i), ["spec", "replicas"], 1)
		labels := k8s.map(set.at(i), ["spec", "template", "metadata", "labels"])
	],
	[{"index": i, "replicas": size.replicas, "labels": service_labels(set.at(i)), "path": size.path} |
		some i in data.lib.set.services
		size := service_size(set.at(i))
	],
)

service_size(service) := {"replicas": minimum, "path": ["spec", "scaling", "minReplicas"]} if {
	minimum := k8s.number(service, ["spec", "scaling", "minReplicas"], 0)
	minimum > 0
} else := {"replicas": k8s.number(service, ["spec", "replicas"], 1), "path": ["spec", "replicas"]}

# The labels that KServe gives the pods of a single host, or the leaders of several.
service_labels(service) := {
	"app.kubernetes.io/name": k8s.name(service),
	"app.kubernetes.io/part-of": "llminferenceservice",
	"app.kubernetes.io/component": workload_component(service),
	"kserve.io/component": "workload",
	"llm-d.ai/role": workload_role(service),
}

workload_component(service) := "llminferenceservice-workload" if {
	k8s.get(service, ["spec", "worker"], null) == null
} else := "llminferenceservice-workload-leader"

workload_role(service) := "both" if {
	k8s.get(service, ["spec", "prefill"], null) == null
} else := "decode"
