package main

import data.lib.testing
import rego.v1

envoy_filter(annotations, spec) := {
	"apiVersion": "networking.istio.io/v1alpha3", "kind": "EnvoyFilter",
	"metadata": {"name": "e", "namespace": "n", "annotations": annotations}, "spec": spec,
}

waived := {"stackgen.dev/waiver": "until 2026-12"}

review_findings(annotations, patches) := testing.paths(results, "istio-envoyfilter-review") if {
	results := deny with input as envoy_filter(annotations, {"configPatches": patches})
}

test_istio_envoyfilter_review_wants_a_reason if {
	review_findings({}, []) == {["metadata", "annotations", "stackgen.dev/waiver"]}
	review_findings(waived, []) == set()
}

test_istio_envoyfilter_review_finds_what_breaks if {
	review_findings(waived, [{"match": {"routeConfiguration": {"vhost": {"route": {"name": "n.m-kserve-route.0"}}}}}]) == {["spec", "configPatches", 0, "match", "routeConfiguration", "vhost", "route", "name"]}
	review_findings(waived, [{"match": {"routeConfiguration": {"vhost": {"route": {"name": "chat"}}}}}]) == set()
	review_findings(waived, [{"patch": {"operation": "MERGE", "value": {"typed_per_filter_config": {}}}}]) == {["spec", "configPatches", 0, "patch", "value", "typed_per_filter_config"]}
	review_findings(waived, [{"applyTo": "HTTP_FILTER", "patch": {"value": {"name": "envoy.filters.http.ext_proc"}}}]) == {["spec", "configPatches", 0, "patch", "value"]}
}
