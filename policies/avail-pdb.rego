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
	count(budgets_of(workload)) == 0
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

budgets_in[namespace] contains i if {
	some i in disruption_budgets
	namespace := k8s.namespace(set.at(i))
}

workloads_in[namespace] contains workload if {
	some workload in scaled_workloads
	namespace := k8s.namespace(set.at(workload.index))
}

blocks_evictions(_, "maxUnavailable", value) if value in {0, "0", "0%"}

blocks_evictions(_, "minAvailable", value) if value == "100%"

blocks_evictions(i, "minAvailable", value) if {
	is_number(value)
	some workload in object.get(workloads_in, k8s.namespace(set.at(i)), set())
	selects_workload(i, workload)
	value >= workload.replicas
}

budgets_of(workload) := {i |
	some i in object.get(budgets_in, k8s.namespace(set.at(workload.index)), set())
	selects_workload(i, workload)
}

selects_workload(i, workload) if {
	selector := k8s.get(set.at(i), ["spec", "selector"], null)
	is_object(selector)
	k8s.matches(selector, workload.labels)
}

replicated := [workload |
	some workload in scaled_workloads
	workload.replicas > 1
]

scaled_workloads := array.concat(
	[{"index": i, "replicas": replicas, "labels": labels, "path": ["spec", "replicas"]} |
		some key in workloads.replicated
		some i in object.get(set.of_group_and_kind, key, set())
		replicas := k8s.number(set.at(i), ["spec", "replicas"], 1)
		labels := k8s.map(set.at(i), ["spec", "template", "metadata", "labels"])
	],
	[{"index": i, "replicas": size.replicas, "labels": service_labels(set.at(i)), "path": size.path} |
		some i in set.services
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
