package main

import data.lib.kubernetes as k8s
import data.lib.set
import rego.v1

# METADATA
# title: A manifest defines an object that the KServe controller creates.
# custom:
#   severity: error
#   scope: set
#   kinds: LLMInferenceService
deny contains {"id": "kserve-controller-owned", "msg": msg, "path": ["metadata", "name"], "object": set.about(i)} if {
	some namespace, names in service_names
	some name in names
	some [group, kind, suffix] in controller_children
	some i in set.find(group, kind, namespace, concat("", [name, suffix]))
	msg := sprintf("%s %s is created by the KServe controller for %s", [kind, k8s.name(set.at(i)), name])
}

# Pods of others with these labels receive the requests of the model.
deny contains {"id": "kserve-controller-owned", "msg": msg, "path": path, "object": set.about(i)} if {
	some kind in ["Deployment", "StatefulSet", "DaemonSet"]
	some i in set.all("apps", kind)
	path := ["spec", "template", "metadata", "labels", "kserve.io/component"]
	k8s.text(set.at(i), path) == "workload"
	labels := k8s.map(set.at(i), ["spec", "template", "metadata", "labels"])
	k8s.text(labels, "app.kubernetes.io/part-of") == "llminferenceservice"
	name := k8s.text(labels, "app.kubernetes.io/name")
	name in object.get(service_names, k8s.namespace(set.at(i)), set())
	msg := sprintf("the pods of %s have the labels that %s selects", [k8s.name(set.at(i)), name])
}

# service_names: by namespace. Environments in one set repeat them.
service_names[namespace] contains k8s.name(set.at(i)) if {
	some i in data.lib.set.services
	namespace := k8s.namespace(set.at(i))
}

controller_children := [
	["apps", "Deployment", "-kserve"],
	["apps", "Deployment", "-kserve-prefill"],
	["apps", "Deployment", "-kserve-router-scheduler"],
	["leaderworkerset.x-k8s.io", "LeaderWorkerSet", "-kserve-mn"],
	["leaderworkerset.x-k8s.io", "LeaderWorkerSet", "-kserve-mn-prefill"],
	["", "Service", "-kserve-workload-svc"],
	["", "Service", "-epp-service"],
	["", "Secret", "-kserve-self-signed-certs"],
	["", "ServiceAccount", "-epp-sa"],
	["", "ServiceAccount", "-kserve"],
	["", "ServiceAccount", "-kserve-mn"],
	["rbac.authorization.k8s.io", "Role", "-epp-role"],
	["rbac.authorization.k8s.io", "RoleBinding", "-epp-rb"],
	["inference.networking.k8s.io", "InferencePool", "-inference-pool"],
	["inference.networking.x-k8s.io", "InferencePool", "-inference-pool"],
	["inference.networking.x-k8s.io", "InferenceModel", "-inference-model"],
	["gateway.networking.k8s.io", "HTTPRoute", "-kserve-route"],
	["networking.istio.io", "DestinationRule", "-kserve-scheduler"],
	["networking.istio.io", "DestinationRule", "-kserve-workload-svc"],
]
