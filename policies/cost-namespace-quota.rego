package main

import data.lib.kubernetes as k8s
import data.lib.pods
import data.lib.set
import rego.v1

# METADATA
# title: A namespace has no quota for accelerators.
# description: >-
#   Judged for namespaces that the set defines. Limits on extended resources are written with the
#   prefix `requests.`.
# custom:
#   severity: warning
#   scope: set
#   kinds: pods
warn contains {"id": "cost-namespace-quota", "msg": msg, "path": ["metadata", "name"], "object": set.about(i)} if {
	some name, indexes in data.lib.set.namespaces
	some i in indexes
	some resource in object.get(accelerators_in, name, set())
	not concat("", ["requests.", resource]) in object.get(quotas_in, name, set())
	not name in queued
	msg := sprintf("no ResourceQuota limits %s in namespace %s", [resource, name])
}

accelerators_in[namespace] contains resource if {
	some namespace, indexes in data.lib.set.workloads
	some i in indexes
	some found in pods.containers_of(set.at(i))
	some section in ["requests", "limits"]
	some resource, _ in k8s.map(found.container, ["resources", section])
	resource in {"google.com/tpu", "nvidia.com/gpu", "amd.com/gpu"}
}

quotas_in[namespace] contains key if {
	some i in set.all("", "ResourceQuota")
	namespace := k8s.namespace(set.at(i))
	some key, value in k8s.map(set.at(i), ["spec", "hard"])
	value != null
}

# The ClusterQueue of Kueue limits what its queues admit.
queued contains namespace if {
	some i in set.all("kueue.x-k8s.io", "LocalQueue")
	namespace := k8s.namespace(set.at(i))
}
