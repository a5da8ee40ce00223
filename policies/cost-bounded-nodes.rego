package main

import data.lib.facts
import data.lib.kubernetes as k8s
import data.lib.set
import rego.v1

# METADATA
# title: An accelerator node pool has no maximum number of nodes.
# custom:
#   severity: error
#   scope: set
#   kinds: ContainerNodePool
deny contains {"id": "cost-bounded-nodes", "msg": msg, "path": ["spec", "autoscaling", "maxNodeCount"], "object": set.about(i)} if {
	some i in accelerator_pools
	is_object(k8s.get(set.at(i), ["spec", "autoscaling"], null))
	k8s.number(set.at(i), ["spec", "autoscaling", "maxNodeCount"], 0) <= 0
	k8s.number(set.at(i), ["spec", "autoscaling", "totalMaxNodeCount"], 0) <= 0
	msg := sprintf("node pool %s has no maximum size", [k8s.name(set.at(i))])
}

deny contains {"id": "cost-bounded-nodes", "msg": msg, "path": ["spec", "autoscaling"], "object": set.about(i)} if {
	data.lib.facts.stage == "dev"
	some i in accelerator_pools
	k8s.get(set.at(i), ["spec", "autoscaling"], null) == null
	k8s.number(set.at(i), ["spec", "nodeCount"], k8s.number(set.at(i), ["spec", "initialNodeCount"], 0)) > 0
	msg := sprintf("node pool %s of a dev cluster never shrinks to zero", [k8s.name(set.at(i))])
}

accelerator_pools := {i |
	some i in set.all("container.cnrm.cloud.google.com", "ContainerNodePool")
	has_accelerators(set.at(i))
}

has_accelerators(pool) if {
	regex.match(`^(ct[0-9]|tpu[0-9]|a[2-9]-|g[2-9]-)`, k8s.text(pool, ["spec", "nodeConfig", "machineType"]))
}

has_accelerators(pool) if count(k8s.list(pool, ["spec", "nodeConfig", "guestAccelerator"])) > 0
