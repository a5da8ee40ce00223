package main

import data.lib.testing
import rego.v1

tpu_container(fields) := object.union({"name": "main", "resources": {"limits": {"google.com/tpu": "4"}}}, fields)

gpu_container(fields) := object.union({"name": "main", "resources": {"limits": {"nvidia.com/gpu": 1}}}, fields)

startup_findings(pod, preset) := testing.paths(results, "avail-startup-probe") if {
	given := object.union(testing.profile({"coldStartSeconds": 600}), {"presets": {"main": preset}})
	results := deny with input as pod with data.stackgen as given
}

short_liveness := {"livenessProbe": {"initialDelaySeconds": 240, "periodSeconds": 30, "failureThreshold": 5}}

test_avail_startup_probe_finds_an_early_end if {
	startup_findings(testing.pod({"containers": [gpu_container(short_liveness)]}), {}) == {["spec", "containers", 0, "livenessProbe"]}
	startup_findings(testing.pod({"containers": [gpu_container({"startupProbe": {"periodSeconds": 10}})]}), {}) == {["spec", "containers", 0, "startupProbe"]}
	startup_findings(testing.pod({"containers": [gpu_container({})]}), {}) == set()
}

test_avail_startup_probe_counts_the_preset if {
	service := testing.service({"template": {"containers": [gpu_container({})]}})
	startup_findings(service, {}) == set()
	startup_findings(service, {"startupProbe": {"failureThreshold": 60}}) == set()
	startup_findings(service, {"livenessProbe": {"initialDelaySeconds": 120}}) == {["spec", "template", "containers", 0, "startupProbe"]}
}

test_avail_startup_probe_wants_the_profile_and_leaves_tpus_alone if {
	gpu := testing.pod({"containers": [gpu_container(short_liveness)]})
	results := deny with input as gpu
	testing.paths(results, "avail-startup-probe") == set()
	startup_findings(testing.pod({"containers": [tpu_container(short_liveness)]}), {}) == set()
}
