package main

import data.lib.testing
import rego.v1

uri_refused(uri) if {
	results := deny with input as testing.service({"model": {"uri": uri}})
	testing.paths(results, "kserve-storage-uri") == {["spec", "model", "uri"]}
}

test_kserve_storage_uri_knows_the_schemes if {
	uri_refused("gs://models/qwen")
	uri_refused("https://example.com/model")
	uri_refused("Qwen/Qwen2.5-3B-Instruct")
	not uri_refused("hf://Qwen/Qwen2.5-3B-Instruct")
	not uri_refused("s3://models/qwen")
	not uri_refused("pvc://models/qwen")
	not uri_refused("oci://registry.example.com/qwen:1")
	not uri_refused("{{ .Spec.Model }}")
}
