package main

import data.lib.testing
import rego.v1

open_gateway := {
	"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "metadata": {"name": "g", "namespace": "n"},
	"spec": {"gatewayClassName": "istio", "listeners": []},
}

model_route(rule) := {
	"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "r", "namespace": "n"},
	"spec": {"parentRefs": [{"name": "g"}], "rules": [rule]},
}

pool := {"group": "inference.networking.k8s.io", "kind": "InferencePool", "name": "m-inference-pool"}

path_findings(objects) := testing.about(results, "gateway-internal-paths") if {
	results := warn with input as testing.set(objects)
}

path_rule(type, value) := {"matches": [{"path": {"type": type, "value": value}}], "backendRefs": [pool]}

at_path := ["HTTPRoute", "r", ["spec", "rules", 0, "matches", 0, "path", "value"]]

test_gateway_internal_paths_finds_what_is_open if {
	path_findings([open_gateway, model_route(path_rule("PathPrefix", "/"))]) == {at_path}
	path_findings([open_gateway, model_route(path_rule("Exact", "/metrics"))]) == {at_path}
	path_findings([open_gateway, model_route({"backendRefs": [{"name": "m-kserve-workload-svc", "port": 8000}]})]) == {["HTTPRoute", "r", ["spec", "rules", 0]]}
}

test_gateway_internal_paths_leaves_others_alone if {
	path_findings([open_gateway, model_route(path_rule("PathPrefix", "/v1/"))]) == set()
	path_findings([model_route(path_rule("PathPrefix", "/"))]) == set()
	path_findings([open_gateway, model_route({"matches": [], "backendRefs": [{"name": "ui", "port": 80}]})]) == set()
}
