package main

import data.lib.testing
import rego.v1

inference_pool(mode) := {
	"apiVersion": "inference.networking.k8s.io/v1", "kind": "InferencePool", "metadata": {"name": "p", "namespace": "n"},
	"spec": {"endpointPickerRef": {"name": "epp", "failureMode": mode}},
}

test_istio_extproc_fail_open_reads_pools_and_services if {
	pool := warn with input as inference_pool("FailOpen")
	testing.paths(pool, "istio-extproc-fail-open") == {["spec", "endpointPickerRef", "failureMode"]}
	closed := warn with input as inference_pool("FailClose")
	testing.paths(closed, "istio-extproc-fail-open") == set()
	service := warn with input as testing.service({"router": {"scheduler": {"pool": {"spec": {"extensionRef": {"failureMode": "FailOpen"}}}}}})
	testing.paths(service, "istio-extproc-fail-open") == {["spec", "router", "scheduler", "pool", "spec", "extensionRef", "failureMode"]}
}

test_istio_extproc_fail_open_accepts_a_recorded_choice if {
	results := warn with input as inference_pool("FailOpen") with data.stackgen as testing.profile({"schedulerFailOpen": true})
	testing.paths(results, "istio-extproc-fail-open") == set()
}

test_istio_extproc_fail_open_reads_envoy_filters if {
	results := warn with input as envoy_filter(waived, {"configPatches": [{"patch": {"value": {"failure_mode_allow": true}}}]})
	testing.paths(results, "istio-extproc-fail-open") == {["spec", "configPatches", 0, "patch", "value", "failure_mode_allow"]}
}
