package main

import data.lib.testing
import rego.v1

deployment_of(replicas, spec) := {
	"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "namespace": "n"},
	"spec": {"replicas": replicas, "template": {"spec": object.union({"containers": [{"name": "c"}]}, spec)}},
}

spread_findings(object) := testing.paths(results, "avail-spread") if results := warn with input as object

test_avail_spread_wants_replicas_apart if {
	spread_findings(deployment_of(2, {})) == {["spec", "template", "spec", "topologySpreadConstraints"]}
	spread_findings(deployment_of(2, {"affinity": {"nodeAffinity": {"x": 1}}})) == {["spec", "template", "spec", "topologySpreadConstraints"]}
}

test_avail_spread_leaves_others_alone if {
	spread_findings(deployment_of(1, {})) == set()
	spread_findings(deployment_of(2, {"topologySpreadConstraints": [{"maxSkew": 1}]})) == set()
	spread_findings(deployment_of(2, {"affinity": {"podAntiAffinity": {"x": 1}}})) == set()
	spread_findings(deployment_of(2, {"containers": [{"name": "c", "resources": {"limits": {"nvidia.com/gpu": 1}}}]})) == set()
}
