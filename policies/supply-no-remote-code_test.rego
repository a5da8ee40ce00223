package main

import data.lib.testing
import rego.v1

test_supply_no_remote_code_finds_the_flag_in_any_form if {
	results := deny with input as testing.pod({"containers": [{
		"name": "a",
		"command": ["bash", "-c", "vllm serve x --trust-remote-code"],
		"args": ["--trust-remote-code", "--no-trust-remote-code", "--trust-remote-codec"],
		"env": [
			{"name": "VLLM_ADDITIONAL_ARGS", "value": "--a --trust_remote_code"},
			{"name": "HF_HUB_TRUST_REMOTE_CODE", "value": "true"},
			{"name": "TRUST_REMOTE_CODE", "value": "0"},
		],
	}]})
	testing.paths(results, "supply-no-remote-code") == {
		["spec", "containers", 0, "command", 2],
		["spec", "containers", 0, "args", 0],
		["spec", "containers", 0, "env", 0, "value"],
		["spec", "containers", 0, "env", 1, "value"],
	}
}
