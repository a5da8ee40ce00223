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
	some s in set.services
	service := set.at(s)
	some [group, kind, suffix] in controller_children
	some i in set.find(group, kind, k8s.namespace(service), concat("", [k8s.name(service), suffix]))
	msg := sprintf("%s %s is created by the KServe controller for %s", [kind, k8s.name(set.at(i)), k8s.name(service)])
}

# Pods of others with these labels receive the requests of the model.
deny contains {"id": "kserve-controller-owned", "msg": msg, "path": path, "object": set.about(i)} if {
	some kind in ["Deployment", "StatefulSet", "DaemonSet"]
	some i in set.all("apps", kind)
	path := ["spec", "template", "metadata", "labels", "kserve.io/component"]
	k8s.text(set.at(i), path) == "workload"
	labels := k8s.map(set.at(i), ["spec", "template", "metadata", "labels"])
	k8s.text(labels, "app.kubernetes.io/part-of") == "llminferenceservice"
	some s in set.services
	k8s.namespace(set.at(s)) == k8s.namespace(set.at(i))
	k8s.text(labels, "app.kubernetes.io/name") == k8s.name(set.at(s))
	msg := sprintf("the pods of %s have the labels that %s selects", [k8s.name(set.at(i)), k8s.name(set.at(s))])
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
