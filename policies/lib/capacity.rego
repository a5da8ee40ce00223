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
	some i in set.all("container.cnrm.cloud.google.com", "ContainerNodePool")
	k8s.name(set.at(i)) == pool
	some accelerator in k8s.list(set.at(i), ["spec", "nodeConfig", "guestAccelerator"])
	has := k8s.number(accelerator, "count", 0)
	has >= asked
}

# gpus: that one pod of the service asks for.
gpus(service) := sum([number |
	some container in k8s.list(service, ["spec", "template", "containers"])
	number := k8s.quantity(pods.requested(container, "nvidia.com/gpu"))
])

# max_nodes: of the pool that the service's node selector names; undefined when it is not known.
max_nodes(service) := max(limits) if {
	pool := k8s.text(service, ["spec", "template", "nodeSelector", "cloud.google.com/gke-nodepool"])
	limits := [most(set.at(i)) |
		some i in object.get(data.lib.capacity.pools_named, pool, set())
		k8s.get(set.at(i), ["spec", "placementPolicy", "tpuTopology"], null) == null
	]
	count(limits) > 0
} else := sum(limits) if {
	selector := k8s.map(service, ["spec", "template", "nodeSelector"])
	limits := [limit |
		some pool in k8s.list(data.lib.facts.profile, "nodePools")
		k8s.text(pool, "accelerator") == k8s.text(selector, "cloud.google.com/gke-tpu-accelerator")
		k8s.text(pool, "topology") == k8s.text(selector, "cloud.google.com/gke-tpu-topology")
		limit := k8s.number(pool, "maxNodes", 0)
	]
	count(limits) > 0
}

pools_named[name] contains i if {
	some i in set.all("container.cnrm.cloud.google.com", "ContainerNodePool")
	name := k8s.name(set.at(i))
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
