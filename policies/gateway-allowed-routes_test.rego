package main

import data.lib.testing
import rego.v1

allowed_findings(namespaces) := testing.paths(results, "gateway-allowed-routes") if {
	results := warn with input as public_gateway({"spec": {"listeners": [{"name": "a", "allowedRoutes": {"namespaces": namespaces}}]}})
}

test_gateway_allowed_routes_finds_all if {
	path := ["spec", "listeners", 0, "allowedRoutes", "namespaces", "from"]
	allowed_findings({"from": "All"}) == {path}
	allowed_findings({"from": "Selector", "selector": {}}) == {path}
	allowed_findings({"from": "Selector", "selector": {"matchLabels": {"a": "b"}}}) == set()
	allowed_findings({"from": "Same"}) == set()
}
