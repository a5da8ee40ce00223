# How many nodes there can be for the pods of a service.
package lib.capacity

import data.lib.facts
import data.lib.kubernetes as k8s
import data.lib.pods
import data.lib.set
import rego.v1

# tpu_service: one pod of the service fills a TPU host.
tpu_service(service) if {
	k8s.get(service, ["spec", "worker"], null) == null
	some container in k8s.list(service, ["spec", "template", "containers"])
	pods.requested(container, "google.com/tpu") != null
}

# servers_per_node: how many of its pods share a node: one a TPU host, and of GPU nodes as many as
# have GPUs; undefined when that is not known.
servers_per_node(service) := 1 if {
	tpu_service(service)
} else := floor(has / asked) if {
	k8s.get(service, ["spec", "worker"], null) == null
	asked := gpus(service)
	asked > 0
	pool := k8s.text(service, ["spec", "template", "nodeSelector", "cloud.google.com/gke-nodepool"])
	has := max(data.lib.capacity.accelerators_of[pool])
	has >= asked
}

# accelerators_of: how many accelerators a node of a pool has, by the name of the pool.
accelerators_of[name] contains number if {
	some i in set.all("container.cnrm.cloud.google.com", "ContainerNodePool")
	name := k8s.name(set.at(i))
	some accelerator in k8s.list(set.at(i), ["spec", "nodeConfig", "guestAccelerator"])
	number := k8s.number(accelerator, "count", 0)
}

# gpus: that one pod of the service asks for.
gpus(service) := sum([number |
	some container in k8s.list(service, ["spec", "template", "containers"])
	number := k8s.quantity(pods.requested(container, "nvidia.com/gpu"))
])

# max_nodes: of the pool that the service's node selector names; undefined when it is not known.
max_nodes(service) := max(limits) if {
	pool := k8s.text(service, ["spec", "template", "nodeSelector", "cloud.google.com/gke-nodepool"])
	limits := data.lib.capacity.limits_of_pool[pool]
} else := data.lib.capacity.nodes_of_shape[shape] if {
	selector := k8s.map(service, ["spec", "template", "nodeSelector"])
	shape := json.marshal([
		k8s.text(selector, "cloud.google.com/gke-tpu-accelerator"),
		k8s.text(selector, "cloud.google.com/gke-tpu-topology"),
	])
}

limits_of_pool[name] contains most(set.at(i)) if {
	some i in set.all("container.cnrm.cloud.google.com", "ContainerNodePool")
	k8s.get(set.at(i), ["spec", "placementPolicy", "tpuTopology"], null) == null
	name := k8s.name(set.at(i))
}

# nodes_of_shape: of all pools of the profile with an accelerator and a topology.
nodes_of_shape := {shape: sum([limit | some [_, limit] in limits]) | some shape, limits in limits_of_shape}

limits_of_shape[shape] contains [n, limit] if {
	some n, pool in k8s.list(data.lib.facts.profile, "nodePools")
	shape := json.marshal([k8s.text(pool, "accelerator"), k8s.text(pool, "topology")])
	limit := k8s.number(pool, "maxNodes", 0)
}

most(pool) := number if {
	number := k8s.number(pool, ["spec", "autoscaling", "totalMaxNodeCount"], 0)
	number > 0
} else := number * zones if {
	number := k8s.number(pool, ["spec", "autoscaling", "maxNodeCount"], 0)
	number > 0
	zones := max([1, count(k8s.list(pool, ["spec", "nodeLocations"]))])
} else := k8s.number(pool, ["spec", "nodeCount"], 0)

replicas(service) := k8s.number(service, ["spec", "replicas"], 1)
