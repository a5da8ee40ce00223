package main

import data.lib.testing
import rego.v1

public_gateway(fields) := object.union(
	{
		"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
		"metadata": {"name": "g", "namespace": "n"},
		"spec": {"gatewayClassName": "istio", "listeners": [{"name": "http", "port": 80, "protocol": "HTTP"}]},
	},
	fields,
)

http_route(name, section, rules) := {
	"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": name, "namespace": "n"},
	"spec": {"parentRefs": [object.union({"name": "g"}, section)], "rules": rules},
}

redirect_rules := [{"filters": [{"type": "RequestRedirect", "requestRedirect": {"scheme": "https"}}]}]

plain_findings(objects) := testing.about(results, "gateway-no-public-http") if {
	results := deny with input as testing.set(objects)
}

test_gateway_no_public_http_finds_the_listener if {
	plain_findings([public_gateway({})]) == {["Gateway", "g", ["spec", "listeners", 0, "protocol"]]}
	count(plain_findings([public_gateway({}), http_route("r", {}, [{}])])) == 1
}

test_gateway_no_public_http_accepts_redirects if {
	plain_findings([public_gateway({}), http_route("r", {"sectionName": "http"}, redirect_rules)]) == set()
	count(plain_findings([public_gateway({}), http_route("r", {"sectionName": "http"}, redirect_rules), http_route("s", {}, [{}])])) == 1
}

test_gateway_no_public_http_accepts_internal_addresses if {
	plain_findings([public_gateway({"metadata": {"annotations": {"networking.gke.io/load-balancer-type": "Internal"}}})]) == set()
	plain_findings([public_gateway({"spec": {"infrastructure": {"annotations": {"networking.istio.io/service-type": "ClusterIP"}}}})]) == set()
	plain_findings([public_gateway({"spec": {"gatewayClassName": "gke-l7-rilb"}})]) == set()
	plain_findings([public_gateway({"spec": {"listeners": [{"name": "https", "protocol": "HTTPS"}]}})]) == set()
}

of_parameters(kind, fields) := [
	public_gateway({"spec": {"infrastructure": {"parametersRef": {"kind": kind, "name": "p"}}}}),
	object.union({"kind": kind, "metadata": {"name": "p", "namespace": "n"}}, fields),
]

of_proxy(service) := of_parameters("EnvoyProxy", {
	"apiVersion": "gateway.envoyproxy.io/v1alpha1",
	"spec": {"provider": {"kubernetes": {"envoyService": service}}},
})

test_gateway_no_public_http_reads_what_the_gateway_names if {
	plain_findings(of_proxy({"annotations": {"networking.gke.io/load-balancer-type": "Internal"}})) == set()
	plain_findings(of_proxy({"type": "ClusterIP"})) == set()
	count(plain_findings(of_proxy({}))) == 1
	plain_findings([of_proxy({})[0]]) == set()
	plain_findings(of_parameters("ConfigMap", {"apiVersion": "v1", "data": {"service": "spec:\n  type: ClusterIP\n"}})) == set()
	count(plain_findings(of_parameters("ConfigMap", {"apiVersion": "v1", "data": {"deployment": "spec: {}"}}))) == 1
}

test_gateway_no_public_http_reads_what_the_class_names if {
	class := {
		"apiVersion": "gateway.networking.k8s.io/v1", "kind": "GatewayClass", "metadata": {"name": "istio"},
		"spec": {"parametersRef": {"kind": "EnvoyProxy", "name": "p", "namespace": "n"}},
	}
	plain_findings([public_gateway({}), class, of_proxy({"type": "ClusterIP"})[1]]) == set()
	count(plain_findings([public_gateway({}), class, of_proxy({})[1]])) == 1
}

issuer_at(section) := {
	"apiVersion": "cert-manager.io/v1", "kind": "ClusterIssuer", "metadata": {"name": "acme"},
	"spec": {"acme": {"solvers": [{"http01": {"gatewayHTTPRoute": {"parentRefs": [
		object.union({"name": "g", "namespace": "n", "kind": "Gateway"}, section),
	]}}}]}},
}

test_gateway_no_public_http_accepts_a_listener_for_challenges if {
	plain_findings([public_gateway({}), issuer_at({})]) == set()
	plain_findings([public_gateway({}), issuer_at({"sectionName": "http"})]) == set()
	count(plain_findings([public_gateway({}), issuer_at({"sectionName": "other"})])) == 1
	count(plain_findings([public_gateway({}), issuer_at({}), http_route("r", {}, [{}])])) == 1
}
