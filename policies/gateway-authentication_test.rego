package main

import data.lib.testing
import rego.v1

identity_findings(objects) := testing.about(results, "gateway-authentication") if {
	results := deny with input as testing.set(array.concat([public_gateway({})], objects))
}

routed_service := testing.service({"router": {"route": {}, "gateway": {"refs": [{"name": "g", "namespace": "n"}]}}})

request_authentication := {
	"apiVersion": "security.istio.io/v1", "kind": "RequestAuthentication",
	"metadata": {"name": "ra", "namespace": "n"},
	"spec": {"targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "g"}]},
}

test_gateway_authentication_wants_a_policy_for_what_is_served if {
	finding := {["Gateway", "g", ["metadata", "name"]]}
	identity_findings([routed_service]) == finding
	identity_findings([http_route("r", {}, [{}])]) == finding
	identity_findings([routed_service, request_authentication]) == finding
	identity_findings([]) == set()
	identity_findings([http_route("r", {}, redirect_rules)]) == set()
}

test_gateway_authentication_accepts_policies_for_the_gateway if {
	identity_findings([routed_service, request_authentication, authorization_policy({"targetRefs": [{"kind": "Gateway", "name": "g"}]})]) == set()
	identity_findings([routed_service, authorization_policy({"action": "CUSTOM", "selector": {"matchLabels": {"gateway.networking.k8s.io/gateway-name": "g"}}})]) == set()
	identity_findings([routed_service, {
		"apiVersion": "kuadrant.io/v1", "kind": "AuthPolicy", "metadata": {"name": "a", "namespace": "n"},
		"spec": {
			"targetRef": {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "g"},
			"rules": {"authentication": {"keys": {"apiKey": {}}}},
		},
	}]) == set()
	identity_findings([routed_service, envoy_filter(waived, {"configPatches": [{"patch": {"value": {"name": "envoy.filters.http.ext_authz"}}}]})]) == set()
}

security_policy(spec) := {
	"apiVersion": "gateway.envoyproxy.io/v1alpha1", "kind": "SecurityPolicy", "metadata": {"name": "s", "namespace": "n"},
	"spec": object.union({"targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "g"}]}, spec),
}

test_gateway_authentication_accepts_policies_that_demand_credentials if {
	finding := {["Gateway", "g", ["metadata", "name"]]}
	route := http_route("r", {}, [{}])
	identity_findings([route, security_policy({"apiKeyAuth": {}})]) == set()
	identity_findings([route, security_policy({"jwt": {"providers": []}})]) == set()
	identity_findings([route, security_policy({"jwt": {"optional": true}})]) == finding
	identity_findings([route, security_policy({"cors": {}})]) == finding
	of_route := {"targetRefs": [{"kind": "HTTPRoute", "name": "r"}], "apiKeyAuth": {}}
	identity_findings([route, security_policy(of_route)]) == set()
	identity_findings([route, http_route("other", {}, [{}]), security_policy(of_route)]) == finding
	identity_findings([route, routed_service, security_policy(of_route)]) == finding
}

auth_policy(authentication) := {
	"apiVersion": "kuadrant.io/v1", "kind": "AuthPolicy", "metadata": {"name": "a", "namespace": "n"},
	"spec": {"targetRef": {"kind": "Gateway", "name": "g"}, "rules": {"authentication": authentication}},
}

test_gateway_authentication_does_not_accept_anonymous_clients if {
	finding := {["Gateway", "g", ["metadata", "name"]]}
	identity_findings([routed_service, auth_policy({"keys": {"apiKey": {}}})]) == set()
	identity_findings([routed_service, auth_policy({"all": {"anonymous": {}}})]) == finding
	identity_findings([routed_service, auth_policy({})]) == finding
}

test_gateway_authentication_accepts_a_recorded_decision if {
	results := deny with input as testing.set([public_gateway({}), routed_service])
		with data.stackgen as testing.profile({"authentication": "none"})
	testing.about(results, "gateway-authentication") == set()
}

test_gateway_authentication_leaves_services_to_the_gateway_of_the_installation if {
	own := testing.service({"router": {"route": {}, "gateway": {}}})
	policy := security_policy({"targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": "r"}], "apiKeyAuth": {}})
	identity_findings([own, http_route("r", {}, [{}]), policy]) == set()
	identity_findings([own, http_route("r", {}, [{}])]) == {["Gateway", "g", ["metadata", "name"]]}
}
