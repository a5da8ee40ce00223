package main

import data.lib.kubernetes as k8s
import data.lib.pods
import data.lib.workloads
import rego.v1

# METADATA
# title: All replicas can be scheduled to one node.
# description: Accelerator servers are left alone where one pod fills a node; services are judged after the controller.
# custom:
#   severity: info
#   scope: file
#   kinds: pods
warn contains {"id": "avail-spread", "msg": msg, "path": ["spec", "template", "spec", "topologySpreadConstraints"]} if {
	workloads.key(input) in data.lib.workloads.replicated
	replicas := k8s.number(input, ["spec", "replicas"], 1)
	replicas > 1
	spec := k8s.map(input, ["spec", "template", "spec"])
	count(k8s.list(spec, "containers")) > 0
	count(k8s.list(spec, "topologySpreadConstraints")) == 0
	k8s.map(spec, ["affinity", "podAntiAffinity"]) == {}
	not takes_accelerators(spec)
	msg := sprintf("the %v replicas of %s can all run on one node", [replicas, k8s.name(input)])
}

takes_accelerators(spec) if {
	some container in k8s.list(spec, "containers")
	pods.accelerated(container)
}
