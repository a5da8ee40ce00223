package main

import data.lib.testing
import rego.v1

test_pods_seccomp_runtime_default_reads_pod_and_container if {
	results := warn with input as testing.pod({
		"securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
		"containers": [{"name": "a"}, {"name": "b", "securityContext": {"seccompProfile": {"type": "Unconfined"}}}],
	})
	testing.paths(results, "pods-seccomp-runtime-default") == {["spec", "containers", 1, "securityContext", "seccompProfile"]}
}

test_pods_seccomp_runtime_default_finds_none_at_all if {
	results := warn with input as testing.pod({"containers": [{"name": "a"}]})
	count(testing.paths(results, "pods-seccomp-runtime-default")) == 1
}

test_pods_seccomp_runtime_default_leaves_the_preset_its_word if {
	results := warn with input as testing.service({"template": {"containers": [{"name": "main"}]}})
	testing.paths(results, "pods-seccomp-runtime-default") == set()
}
