package main

import data.lib.testing
import rego.v1

peer_authentication(spec) := {
	"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
	"metadata": {"name": "pa", "namespace": "n"}, "spec": spec,
}

mtls_findings(objects) := testing.about(results, "istio-strict-mtls") if {
	results := deny with input as testing.set(objects)
}

meshed_namespace := namespace_labelled({"istio-injection": "enabled"})

test_istio_strict_mtls_finds_lax_modes if {
	mtls_findings([peer_authentication({"mtls": {"mode": "PERMISSIVE"}})]) == {["PeerAuthentication", "pa", ["spec", "mtls", "mode"]]}
	mtls_findings([peer_authentication({"mtls": {"mode": "STRICT"}, "portLevelMtls": {"8080": {"mode": "DISABLE"}}})]) == {["PeerAuthentication", "pa", ["spec", "portLevelMtls", "8080", "mode"]]}
	mtls_findings([peer_authentication({"mtls": {"mode": "STRICT"}})]) == set()
}

test_istio_strict_mtls_wants_one_in_the_mesh if {
	mtls_findings([meshed_namespace, peer_authentication({"mtls": {"mode": "STRICT"}})]) == set()
	count(mtls_findings([meshed_namespace, peer_authentication({"selector": {"matchLabels": {"a": "b"}}, "mtls": {"mode": "STRICT"}})])) == 1
	mtls_findings([meshed_namespace, testing.service({})]) == set()
	mtls_findings([owned_namespace]) == set()
}

# Nothing of the mesh is in the set: it may stand elsewhere.
test_istio_strict_mtls_warns_of_a_namespace_alone if {
	mtls_findings([meshed_namespace]) == set()
	results := warn with input as testing.set([meshed_namespace])
	testing.about(results, "istio-strict-mtls") == {["Namespace", "n", ["metadata", "name"]]}
}
