package main

import data.lib.testing
import rego.v1

flag_findings(container) := testing.paths(results, "tpu-flags") if {
	results := warn with input as testing.pod({"containers": [object.union({"name": "main"}, container)]})
}

on_tpu := {"resources": {"limits": {"google.com/tpu": "4"}}}

test_tpu_flags_finds_settings_of_gpus if {
	flag_findings(object.union(on_tpu, {"env": [{"name": "NCCL_DEBUG", "value": "INFO"}]})) == {["spec", "containers", 0, "env", 0, "name"]}
	flag_findings(object.union(on_tpu, {"args": ["--enable-dbo"]})) == {["spec", "containers", 0, "args", 0]}
}

test_tpu_flags_leaves_others_alone if {
	flag_findings(object.union(on_tpu, {"env": [{"name": "TPU_CHIPS_PER_HOST_BOUNDS", "value": "2,2,1"}]})) == set()
	flag_findings({"env": [{"name": "NCCL_DEBUG"}], "resources": {"limits": {"nvidia.com/gpu": 1}}}) == set()
	flag_findings(object.union(on_tpu, {"args": ["--enable-dboard", "--max-model-len=8192"]})) == set()
}
