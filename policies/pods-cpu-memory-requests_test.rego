package main

import data.lib.testing
import rego.v1

test_pods_cpu_memory_requests_names_what_is_missing if {
	results := deny with input as testing.pod({"containers": [{"name": "a", "resources": {"requests": {"cpu": 1}}}]})
	some result in results
	result.id == "pods-cpu-memory-requests"
	result.msg == "container 'a' has no limits.memory, requests.memory"
	result.path == ["spec", "containers", 0, "resources"]
}

test_pods_cpu_memory_requests_takes_a_limit_for_a_request if {
	results := deny with input as testing.pod({"containers": [{"name": "a", "resources": {"limits": {"cpu": 1, "memory": "1Gi"}}}]})
	testing.paths(results, "pods-cpu-memory-requests") == set()
}

test_pods_cpu_memory_requests_takes_the_resources_of_the_pod if {
	results := deny with input as testing.pod({
		"resources": {"requests": {"cpu": 1, "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
		"containers": [{"name": "a"}],
	})
	testing.paths(results, "pods-cpu-memory-requests") == set()
}

test_pods_cpu_memory_requests_holds_for_the_model_server if {
	results := deny with input as testing.service({
		"template": {"containers": [{"name": "main"}], "initContainers": [{"name": "storage-initializer"}]},
		"router": {"scheduler": {"template": {"containers": [{"name": "main"}]}}},
	})
	testing.paths(results, "pods-cpu-memory-requests") == {["spec", "template", "containers", 0, "resources"]}
}

test_pods_cpu_memory_requests_leaves_base_refs_their_word if {
	results := deny with input as testing.service({
		"baseRefs": [{"name": "sizes"}],
		"template": {"containers": [{"name": "main"}]},
	})
	testing.paths(results, "pods-cpu-memory-requests") == set()
}

downloading(volumes) := testing.service({
	"model": {"uri": "hf://a/b"},
	"template": {"volumes": volumes, "containers": [{"name": "main", "resources": {"limits": {"cpu": 1, "memory": 1}}}]},
})

test_pods_cpu_memory_requests_wants_room_for_a_download if {
	results := warn with input as downloading([])
	testing.paths(results, "pods-cpu-memory-requests") == {["spec", "template", "containers", 0, "resources", "requests", "ephemeral-storage"]}
}

test_pods_cpu_memory_requests_accepts_a_volume_for_the_download if {
	results := warn with input as downloading([{"name": "kserve-provision-location", "ephemeral": {}}])
	testing.paths(results, "pods-cpu-memory-requests") == set()
}
