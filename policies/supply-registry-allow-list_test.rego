package main

import data.lib.testing
import rego.v1

unapproved(image, allowed) if {
	results := deny with input as testing.pod({"containers": [{"name": "a", "image": image}]})
		with data.stackgen as testing.profile({"allowedRegistries": allowed})
	testing.paths(results, "supply-registry-allow-list") == {["spec", "containers", 0, "image"]}
}

test_supply_registry_allow_list_compares_whole_parts if {
	unapproved("registry.redhat.io.example.com/a:1", ["registry.redhat.io"])
	unapproved("vllm/vllm-tpu:1", ["registry.redhat.io"])
	unapproved("quay.io/other/a:1", ["quay.io/team"])
	not unapproved("registry.redhat.io/rhaiis/a:1", ["registry.redhat.io"])
	not unapproved("quay.io/team/a:1", ["quay.io/team/"])
	not unapproved("vllm/vllm-tpu:1", ["docker.io/vllm"])
	not unapproved("python:3", ["docker.io/library"])
}

test_supply_registry_allow_list_needs_a_list if {
	not unapproved("anything:1", [])
}
