package main

import data.lib.testing
import rego.v1

limit_findings(objects) := testing.about(results, "gateway-rate-limit") if {
	results := warn with input as testing.set(objects)
}

timed_rule(timeouts) := object.union(path_rule("PathPrefix", "/v1/"), {"timeouts": timeouts})

test_gateway_rate_limit_finds_a_rule_without_a_bound if {
	found := {["HTTPRoute", "r", ["spec", "rules", 0, "timeouts"]]}
	limit_findings([open_gateway, model_route(path_rule("PathPrefix", "/v1/"))]) == found
	limit_findings([open_gateway, model_route(timed_rule({"request": "0s"}))]) == found
}

test_gateway_rate_limit_leaves_others_alone if {
	limit_findings([open_gateway, model_route(timed_rule({"request": "300s"}))]) == set()
	limit_findings([model_route(timed_rule({}))]) == set()
	filter := {
		"apiVersion": "networking.istio.io/v1alpha3", "kind": "EnvoyFilter", "metadata": {"name": "f", "namespace": "n"},
		"spec": {"configPatches": [{"patch": {"value": {"name": "envoy.filters.http.local_ratelimit"}}}]},
	}
	limit_findings([open_gateway, filter, model_route(timed_rule({}))]) == set()
	limited_by := {"apiVersion": "gateway.envoyproxy.io/v1alpha1", "kind": "BackendTrafficPolicy", "metadata": {"name": "b", "namespace": "n"}}
	limit_findings([open_gateway, limited_by, model_route(timed_rule({}))]) == set()
}
