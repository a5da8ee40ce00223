package main

import data.lib.testing
import rego.v1

tpu_service_on_pool(spec) := testing.service(object.union(
	{"template": {
		"nodeSelector": {
			"cloud.google.com/gke-nodepool": "tpu",
			"cloud.google.com/gke-tpu-accelerator": "tpu-v6e-slice", "cloud.google.com/gke-tpu-topology": "2x2",
		},
		"containers": [tpu_container({})],
	}},
	spec,
))

tpu_pool(spec) := {
	"apiVersion": "container.cnrm.cloud.google.com/v1beta1", "kind": "ContainerNodePool",
	"metadata": {"name": "tpu", "namespace": "infra"},
	"spec": object.union({"nodeConfig": {"machineType": "ct6e-standard-4t"}}, spec),
}

rollout_findings(spec, maximum) := testing.about(results, "avail-rollout-capacity") if {
	results := deny with input as testing.set([tpu_service_on_pool(spec), tpu_pool({"autoscaling": {"maxNodeCount": maximum}})])
}

test_avail_rollout_capacity_wants_room_for_the_surge if {
	rollout_findings({"replicas": 3}, 3) == {["LLMInferenceService", "m", ["spec", "replicas"]]}
	rollout_findings({"replicas": 3}, 4) == set()
	rollout_findings({"replicas": 4}, 4) == set()
}

test_avail_rollout_capacity_reads_the_strategy if {
	rollout_findings({"replicas": 3, "rolloutStrategy": {"maxUnavailable": 1, "maxSurge": 0}}, 3) == set()
	count(rollout_findings({"replicas": 8, "rolloutStrategy": {"maxUnavailable": "0%", "maxSurge": "50%"}}, 10)) == 1
}

test_avail_rollout_capacity_reads_the_profile if {
	results := deny with input as testing.set([tpu_service_on_pool({"replicas": 1})])
		with data.stackgen as testing.profile({"nodePools": [{"accelerator": "tpu-v6e-slice", "topology": "2x2", "maxNodes": 1}]})
	count(testing.about(results, "avail-rollout-capacity")) == 1
}

test_avail_rollout_capacity_says_nothing_of_unknown_pools if {
	results := deny with input as testing.set([tpu_service_on_pool({"replicas": 9})])
	testing.about(results, "avail-rollout-capacity") == set()
}

gpu_service_on_pool(spec, gpus) := testing.service(object.union(
	{"template": {
		"nodeSelector": {"cloud.google.com/gke-nodepool": "gpu", "cloud.google.com/gke-accelerator": "nvidia-l4"},
		"containers": [{"name": "main", "resources": {"limits": {"nvidia.com/gpu": gpus}}}],
	}},
	spec,
))

gpu_pool(per_node, maximum) := {
	"apiVersion": "container.cnrm.cloud.google.com/v1beta1", "kind": "ContainerNodePool",
	"metadata": {"name": "gpu", "namespace": "infra"},
	"spec": {
		"autoscaling": {"maxNodeCount": maximum},
		"nodeConfig": {"machineType": "g2-standard-24", "guestAccelerator": [{"type": "nvidia-l4", "count": per_node}]},
	},
}

gpu_findings(spec, gpus, pool) := testing.about(results, "avail-rollout-capacity") if {
	results := deny with input as testing.set([gpu_service_on_pool(spec, gpus), pool])
}

test_avail_rollout_capacity_counts_gpus if {
	gpu_findings({"replicas": 3}, "2", gpu_pool(2, 3)) == {["LLMInferenceService", "m", ["spec", "replicas"]]}
	gpu_findings({"replicas": 3}, "2", gpu_pool(2, 4)) == set()
	gpu_findings({"replicas": 3}, 1, gpu_pool(2, 2)) == set()
	gpu_findings({"replicas": 3}, 1, gpu_pool(2, 1)) == {["LLMInferenceService", "m", ["spec", "replicas"]]}
	gpu_findings({"replicas": 3}, 4, gpu_pool(2, 9)) == set()
}
