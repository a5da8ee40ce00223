package main

import data.lib.testing
import rego.v1

unpinned(uri) if {
	results := warn with input as testing.service({"model": {"uri": uri}})
	testing.paths(results, "supply-model-revision-pinned") == {["spec", "model", "uri"]}
}

test_supply_model_revision_pinned_reads_the_uri if {
	unpinned("hf://Qwen/Qwen2.5-3B-Instruct")
	unpinned("hf://Qwen/Qwen2.5-3B-Instruct:main")
	not unpinned("hf://Qwen/Qwen2.5-3B-Instruct:aa8e72537993ba99e69dfaafa59ed015b17504d1")
	not unpinned("pvc://models/qwen")
	not unpinned("hf://{{ .Model }}")
}

test_supply_model_revision_pinned_reads_adapters if {
	results := warn with input as testing.service({"model": {"uri": "pvc://m", "lora": {"adapters": [{"uri": "hf://a/b"}]}}})
	testing.paths(results, "supply-model-revision-pinned") == {["spec", "model", "lora", "adapters", 0, "uri"]}
}

test_supply_model_revision_pinned_is_off_in_dev if {
	results := warn with input as testing.service({"model": {"uri": "hf://a/b"}})
		with data.stackgen as testing.profile({"stage": "dev"})
	testing.paths(results, "supply-model-revision-pinned") == set()
}
