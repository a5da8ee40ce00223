package main

import data.lib.testing
import rego.v1

destination_rule(host, policy) := {
	"apiVersion": "networking.istio.io/v1", "kind": "DestinationRule",
	"metadata": {"name": "d", "namespace": "n"}, "spec": object.union({"host": host}, policy),
}

verification_findings(object) := testing.paths(results, "istio-tls-verification") if {
	results := deny with input as object
}

test_istio_tls_verification_finds_it_off_in_every_place if {
	verification_findings(destination_rule("a", {
		"trafficPolicy": {"tls": {"mode": "DISABLE"}, "portLevelSettings": [{"tls": {"mode": "SIMPLE", "insecureSkipVerify": true}}]},
		"subsets": [{"trafficPolicy": {"tls": {"mode": "DISABLE"}}}],
	})) == {
		["spec", "trafficPolicy", "tls", "mode"],
		["spec", "trafficPolicy", "portLevelSettings", 0, "tls", "insecureSkipVerify"],
		["spec", "subsets", 0, "trafficPolicy", "tls", "mode"],
	}
}

test_istio_tls_verification_warns_of_public_authorities_for_cluster_names if {
	simple := {"trafficPolicy": {"tls": {"mode": "SIMPLE"}}}
	inside := warn with input as destination_rule("a.n.svc.cluster.local", simple)
	testing.paths(inside, "istio-tls-verification") == {["spec", "trafficPolicy", "tls", "caCertificates"]}
	outside := warn with input as destination_rule("huggingface.co", simple)
	testing.paths(outside, "istio-tls-verification") == set()
}

test_istio_tls_verification_reads_envoy_configuration if {
	verification_findings({
		"apiVersion": "networking.istio.io/v1alpha3", "kind": "EnvoyFilter", "metadata": {"name": "e"},
		"spec": {"configPatches": [{"patch": {"value": {
			"validation_context": {},
			"other": {"trust_chain_verification": "ACCEPT_UNTRUSTED"},
		}}}]},
	}) == {
		["spec", "configPatches", 0, "patch", "value", "validation_context"],
		["spec", "configPatches", 0, "patch", "value", "other", "trust_chain_verification"],
	}
}

test_istio_tls_verification_accepts_a_named_authority if {
	verification_findings(destination_rule("a", {"trafficPolicy": {"tls": {"mode": "SIMPLE", "caCertificates": "/ca"}}})) == set()
}

test_istio_tls_verification_accepts_a_host_that_is_recorded if {
	unverified := destination_rule("a", {"trafficPolicy": {"tls": {"mode": "SIMPLE", "insecureSkipVerify": true}}})
	recorded := deny with input as unverified with data.stackgen as testing.profile({"unverifiedHosts": ["a"]})
	testing.paths(recorded, "istio-tls-verification") == set()
	other := deny with input as unverified with data.stackgen as testing.profile({"unverifiedHosts": ["b"]})
	testing.paths(other, "istio-tls-verification") == {["spec", "trafficPolicy", "tls", "insecureSkipVerify"]}
	off := deny with input as destination_rule("a", {"trafficPolicy": {"tls": {"mode": "DISABLE"}}})
		with data.stackgen as testing.profile({"unverifiedHosts": ["a"]})
	testing.paths(off, "istio-tls-verification") == {["spec", "trafficPolicy", "tls", "mode"]}
}
