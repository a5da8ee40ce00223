package main

import data.lib.testing
import rego.v1

scope_findings(objects) := testing.about(results, "gateway-route-scope") if {
	results := warn with input as testing.set(array.concat([public_gateway({})], objects))
}

prefix_rule(value) := [{"matches": [{"path": {"type": "PathPrefix", "value": value}}]}]

test_gateway_route_scope_finds_a_catch_all_on_a_shared_gateway if {
	path := ["spec", "rules", 0, "matches", 0, "path", "value"]
	scope_findings([http_route("r", {}, prefix_rule("/")), http_route("s", {}, prefix_rule("/s"))]) == {["HTTPRoute", "r", path]}
	scope_findings([http_route("r", {}, prefix_rule("/")), routed_service]) == {["HTTPRoute", "r", path]}
	scope_findings([http_route("r", {}, [{"backendRefs": []}]), routed_service]) == {["HTTPRoute", "r", ["spec", "rules", 0]]}
	scope_findings([http_route("r", {}, prefix_rule("/"))]) == set()
	scope_findings([http_route("r", {}, redirect_rules), routed_service]) == set()
	both := [http_route("r", {}, prefix_rule("/")), http_route("s", {}, prefix_rule("/"))]
	scope_findings(array.concat([public_gateway({})], both)) == set() # two variants of one deployment
}

test_gateway_route_scope_finds_the_prefix_of_a_managed_route if {
	count(scope_findings([http_route("r", {}, prefix_rule("/n/m")), routed_service])) == 1
	scope_findings([http_route("r", {}, prefix_rule("/n/other")), routed_service]) == set()
}

test_gateway_route_scope_finds_health_behind_a_pool if {
	rules := [{
		"matches": [{"path": {"type": "PathPrefix", "value": "/n/m/health"}}],
		"backendRefs": [{"group": "inference.networking.k8s.io", "kind": "InferencePool", "name": "p"}],
	}]
	scope_findings([http_route("r", {}, rules)]) == {["HTTPRoute", "r", ["spec", "rules", 0, "matches", 0, "path", "value"]]}
}
