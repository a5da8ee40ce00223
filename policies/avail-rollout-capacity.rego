package main

import data.lib.capacity
import data.lib.kubernetes as k8s
import data.lib.set
import rego.v1

# METADATA
# title: A rollout needs one more node than the node pool can have.
# description: >-
#   Judged for services on TPU hosts and GPU nodes whose node pool is known: the one that the node
#   selector names, or for TPUs those of `profile.nodePools` with its accelerator and topology.
# custom:
#   severity: error
#   scope: set
#   kinds: LLMInferenceService
deny contains {
	"id": "avail-rollout-capacity", "msg": msg, "path": ["spec", "replicas"], "object": set.about(i),
	"remedy": sprintf("Set `nodes.max: %v` on the node pool of %s.", [needed, k8s.name(service)]),
} if {
	some i in data.lib.set.services
	service := set.at(i)
	nodes := capacity.max_nodes(service)
	servers := capacity.servers_per_node(service)
	replicas := capacity.replicas(service)
	replicas > 0
	surge := rounded_up(k8s.get(service, ["spec", "rolloutStrategy", "maxSurge"], "25%"), replicas)
	surge > 0
	rounded_down(k8s.get(service, ["spec", "rolloutStrategy", "maxUnavailable"], "25%"), replicas) == 0
	needed := ceil((replicas + surge) / servers)
	needed > nodes
	msg := sprintf("a rollout of %s needs %v nodes while the old Pods run; the node pool has at most %v", [
		k8s.name(service), needed, nodes,
	])
}

rounded_up(value, _) := value if is_number(value)

rounded_up(value, replicas) := ceil((percent(value) * replicas) / 100) if is_string(value)

rounded_down(value, _) := value if is_number(value)

rounded_down(value, replicas) := floor((percent(value) * replicas) / 100) if is_string(value)

percent(text) := to_number(trim_suffix(text, "%")) if regex.match(`^[0-9]+%$`, text)
