package main

import data.lib.testing
import rego.v1

control_plane_with(spec) := {"apiVersion": "sailoperator.io/v1", "kind": "Istio", "metadata": {"name": "default"}, "spec": spec}

cni_agent := {"apiVersion": "sailoperator.io/v1", "kind": "IstioCNI", "metadata": {"name": "cni"}, "spec": {}}

cni_findings(objects) := testing.about(results, "istio-cni-consistent") if {
	results := warn with input as testing.set(objects)
}

test_istio_cni_consistent_wants_the_value if {
	cni_findings([control_plane_with({}), cni_agent]) == {["Istio", "default", ["spec", "values", "pilot", "cni", "enabled"]]}
}

test_istio_cni_consistent_leaves_others_alone if {
	cni_findings([control_plane_with({})]) == set()
	cni_findings([control_plane_with({"values": {"pilot": {"cni": {"enabled": true}}}}), cni_agent]) == set()
	cni_findings([control_plane_with({"profile": "openshift"}), cni_agent]) == set()
	route := {"apiVersion": "route.openshift.io/v1", "kind": "Route", "metadata": {"name": "ui"}, "spec": {}}
	cni_findings([control_plane_with({}), cni_agent, route]) == set()
}
