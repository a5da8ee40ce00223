package main

import data.lib.testing
import rego.v1

disruption_budget(spec) := {
	"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
	"metadata": {"name": "b", "namespace": "n"}, "spec": spec,
}

budget_findings(objects) := testing.about(results, "avail-pdb") if {
	results := warn with input as testing.set(objects)
}

model_selector := {"matchLabels": {"app.kubernetes.io/name": "m", "kserve.io/component": "workload"}}

test_avail_pdb_wants_one_for_replicas if {
	budget_findings([testing.service({"replicas": 3})]) == {["LLMInferenceService", "m", ["spec", "replicas"]]}
	budget_findings([testing.service({"scaling": {"minReplicas": 2}})]) == {["LLMInferenceService", "m", ["spec", "scaling", "minReplicas"]]}
	budget_findings([testing.service({"replicas": 1})]) == set()
	budget_findings([testing.service({"replicas": 3}), disruption_budget({"maxUnavailable": 1, "selector": model_selector})]) == set()
	count(budget_findings([testing.service({"replicas": 3}), disruption_budget({"maxUnavailable": 1, "selector": {"matchLabels": {"a": "b"}}})])) == 1
}

test_avail_pdb_reads_the_labels_of_deployments if {
	deployment := {
		"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "namespace": "n"},
		"spec": {"replicas": 2, "template": {"metadata": {"labels": {"app": "d"}}}},
	}
	budget_findings([deployment, disruption_budget({"minAvailable": 1, "selector": {"matchLabels": {"app": "d"}}})]) == set()
	count(budget_findings([deployment])) == 1
}

test_avail_pdb_finds_budgets_that_forbid_every_eviction if {
	budget_findings([disruption_budget({"maxUnavailable": 0, "selector": {}})]) == {["PodDisruptionBudget", "b", ["spec", "maxUnavailable"]]}
	budget_findings([disruption_budget({"minAvailable": "100%", "selector": {}})]) == {["PodDisruptionBudget", "b", ["spec", "minAvailable"]]}
	budget_findings([testing.service({"replicas": 3}), disruption_budget({"minAvailable": 3, "selector": model_selector})]) == {["PodDisruptionBudget", "b", ["spec", "minAvailable"]]}
	budget_findings([testing.service({"replicas": 3}), disruption_budget({"minAvailable": 2, "selector": model_selector})]) == set()
}

test_avail_pdb_counts_the_minimum_of_autoscalers if {
	deployment := {
		"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "namespace": "n"},
		"spec": {"template": {"metadata": {"labels": {"app": "d"}}}},
	}
	budget := disruption_budget({"minAvailable": 1, "selector": {"matchLabels": {"app": "d"}}})
	autoscaler := {
		"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "a", "namespace": "n"},
		"spec": {"scaleTargetRef": {"kind": "Deployment", "name": "d"}, "minReplicas": 2, "maxReplicas": 4},
	}
	scaler := {
		"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": "a", "namespace": "n"},
		"spec": {"scaleTargetRef": {"name": "d"}, "minReplicaCount": 2},
	}
	count(budget_findings([deployment, budget])) == 1
	budget_findings([deployment, budget, autoscaler]) == set()
	budget_findings([deployment, budget, scaler]) == set()
	count(budget_findings([deployment, budget, object.union(autoscaler, {"metadata": {"namespace": "other"}})])) == 1
}
