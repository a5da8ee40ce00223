package main

import data.lib.testing
import rego.v1

memory_pod(size, limit) := testing.pod({
	"volumes": [{"name": "dshm", "emptyDir": object.union({"medium": "Memory"}, size)}],
	"containers": [{
		"name": "a", "volumeMounts": [{"name": "dshm", "mountPath": "/dev/shm"}],
		"resources": {"limits": {"memory": limit}},
	}],
})

test_pods_dshm_size_limit_wants_a_size if {
	results := warn with input as memory_pod({}, "4Gi")
	testing.paths(results, "pods-dshm-size-limit") == {["spec", "volumes", 0, "emptyDir", "sizeLimit"]}
}

test_pods_dshm_size_limit_compares_with_the_memory_limit if {
	results := warn with input as memory_pod({"sizeLimit": "8Gi"}, "4Gi")
	count(testing.paths(results, "pods-dshm-size-limit")) == 1
}

test_pods_dshm_size_limit_accepts_a_smaller_size if {
	results := warn with input as memory_pod({"sizeLimit": "2Gi"}, "4Gi")
	testing.paths(results, "pods-dshm-size-limit") == set()
}

test_pods_dshm_size_limit_leaves_the_preset_its_word if {
	results := warn with input as testing.service({"template": {"volumes": [{"name": "dshm", "emptyDir": {"medium": "Memory"}}]}})
	testing.paths(results, "pods-dshm-size-limit") == set()
}
