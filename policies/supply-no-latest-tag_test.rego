package main

import data.lib.testing
import rego.v1

floats(image) if {
	results := deny with input as testing.pod({"containers": [{"name": "a", "image": image}]})
	testing.paths(results, "supply-no-latest-tag") == {["spec", "containers", 0, "image"]}
}

test_supply_no_latest_tag_finds_floating_tags if {
	floats("vllm/vllm-tpu")
	floats("vllm/vllm-tpu:latest")
	floats("localhost:5000/vllm")
	floats("quay.io/a/b:main")
	floats("quay.io/a/b:v1.2-latest")
	floats("quay.io/a/b:nightly")
}

test_supply_no_latest_tag_accepts_versions if {
	not floats("vllm/vllm-tpu:v0.11.1")
	not floats("localhost:5000/vllm:1")
	not floats("vllm/vllm-tpu@sha256:0123")
	not floats("quay.io/a/b:domain-1")
	not floats("<path to the image>")
}

istio_version(version) := {
	"apiVersion": "sailoperator.io/v1", "kind": "Istio",
	"metadata": {"name": "default"}, "spec": {"version": version},
}

test_supply_no_latest_tag_reads_the_version_of_istio if {
	results := deny with input as istio_version("v1.27-latest")
	testing.paths(results, "supply-no-latest-tag") == {["spec", "version"]}
	others := deny with input as istio_version("v1.27.5")
	testing.paths(others, "supply-no-latest-tag") == set()
}

runtime(image) := {
	"apiVersion": "serving.kserve.io/v1alpha1", "kind": "ServingRuntime",
	"metadata": {"name": "vllm"}, "spec": {"containers": [{"name": "kserve-container", "image": image}]},
}

predictor(image) := {
	"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService",
	"metadata": {"name": "qwen"},
	"spec": {"predictor": {"model": {"modelFormat": {"name": "vLLM"}, "image": image}}},
}

test_supply_no_latest_tag_reads_the_images_of_runtimes if {
	results := deny with input as runtime("vllm/vllm-openai:latest")
	testing.paths(results, "supply-no-latest-tag") == {["spec", "containers", 0, "image"]}
	others := deny with input as runtime("vllm/vllm-openai:v0.11.0")
	testing.paths(others, "supply-no-latest-tag") == set()
}

test_supply_no_latest_tag_reads_the_image_of_a_predictor if {
	results := deny with input as predictor("vllm/vllm-openai")
	testing.paths(results, "supply-no-latest-tag") == {["spec", "predictor", "model", "image"]}
	others := deny with input as predictor("vllm/vllm-openai:v0.11.0")
	testing.paths(others, "supply-no-latest-tag") == set()
}
