package main

import data.lib.testing
import rego.v1

tpu_container(fields) := object.union({"name": "main", "resources": {"limits": {"google.com/tpu": "4"}}}, fields)

startup_findings(object, facts_given) := testing.paths(results, "avail-startup-probe") if {
	results := deny with input as object with data.stackgen as facts_given
}

short_liveness := {"livenessProbe": {"initialDelaySeconds": 240, "periodSeconds": 30, "failureThreshold": 5}}

test_avail_startup_probe_finds_an_early_end if {
	startup_findings(testing.pod({"containers": [tpu_container(short_liveness)]}), {}) == {["spec", "containers", 0, "livenessProbe"]}
	startup_findings(testing.pod({"containers": [tpu_container({"startupProbe": {"periodSeconds": 10}})]}), {}) == {["spec", "containers", 0, "startupProbe"]}
	startup_findings(testing.pod({"containers": [tpu_container({})]}), {}) == set()
}

test_avail_startup_probe_counts_the_preset if {
	service := testing.service({"template": {"containers": [tpu_container({})]}})
	startup_findings(service, {}) == set()
	startup_findings(service, {"release": "llm-d-infra-xks-0.15"}) == {["spec", "template", "containers", 0, "startupProbe"]}
}

test_avail_startup_probe_holds_gpus_to_the_profile if {
	pod := testing.pod({"containers": [{"name": "a", "resources": {"limits": {"nvidia.com/gpu": 1}}, "livenessProbe": {}}]})
	startup_findings(pod, {}) == set()
	count(startup_findings(pod, testing.profile({"coldStartSeconds": 900}))) == 1
}
