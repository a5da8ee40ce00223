package main

import data.lib.testing
import rego.v1

cost_findings(objects) := testing.about(results, "cost-bounded-nodes") if {
	results := deny with input as testing.set(objects)
}

test_cost_bounded_nodes_wants_a_maximum if {
	cost_findings([tpu_pool({"autoscaling": {"minNodeCount": 0}})]) == {["ContainerNodePool", "tpu", ["spec", "autoscaling", "maxNodeCount"]]}
	cost_findings([tpu_pool({"autoscaling": {"totalMaxNodeCount": 3}})]) == set()
	cost_findings([tpu_pool({"nodeCount": 2})]) == set()
	cost_findings([object.union(tpu_pool({"autoscaling": {"minNodeCount": 1}}), {"spec": {"nodeConfig": {"machineType": "n1-standard-4"}}})]) == set()
}

test_cost_bounded_nodes_wants_dev_pools_to_shrink if {
	results := deny with input as testing.set([tpu_pool({"nodeCount": 1})]) with data.stackgen as testing.profile({"stage": "dev"})
	testing.about(results, "cost-bounded-nodes") == {["ContainerNodePool", "tpu", ["spec", "autoscaling"]]}
}
