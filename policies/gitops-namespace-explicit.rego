package main

import data.lib.kubernetes as k8s
import data.lib.pods
import rego.v1

# METADATA
# title: An object has no namespace, or uses a system namespace.
# custom:
#   severity: error
#   scope: file
#   kinds: all
deny contains {"id": "gitops-namespace-explicit", "msg": msg, "path": ["metadata", "namespace"]} if {
	namespace := input.metadata.namespace
	namespace in {"kube-system", "kube-public", "kube-node-lease"}
	is_namespaced
	not input.kind in {"Role", "RoleBinding"}
	msg := sprintf("%s %s is in the system namespace %s", [
		k8s.kind(input), k8s.name(input), namespace,
	])
}

warn contains {"id": "gitops-namespace-explicit", "msg": msg, "path": ["metadata", "namespace"]} if {
	k8s.namespace(input) == ""
	is_namespaced
	msg := sprintf("%s %s has no namespace", [k8s.kind(input), k8s.name(input)])
}

warn contains {"id": "gitops-namespace-explicit", "msg": msg, "path": ["metadata", "namespace"]} if {
	input.metadata.namespace == "default"
	is_namespaced
	msg := sprintf("%s %s is in the namespace default", [k8s.kind(input), k8s.name(input)])
}

# Kinds that are known to live in namespaces; of other kinds nothing is said.
is_namespaced if pods.makes_pods(input)

is_namespaced if input.kind in object.get(namespaced_kinds, k8s.group(input), set())

namespaced_kinds := {
	"": {
		"ConfigMap", "Secret", "Service", "ServiceAccount", "PersistentVolumeClaim", "ResourceQuota",
		"LimitRange", "Endpoints",
	},
	"autoscaling": {"HorizontalPodAutoscaler"},
	"external-secrets.io": {"ExternalSecret", "SecretStore"},
	"gateway.networking.k8s.io": {"Gateway", "HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "ReferenceGrant", "BackendTLSPolicy"},
	"inference.networking.k8s.io": {"InferencePool"},
	"inference.networking.x-k8s.io": {"InferencePool", "InferenceModel", "InferenceObjective"},
	"monitoring.coreos.com": {"PodMonitor", "ServiceMonitor", "PrometheusRule"},
	"monitoring.googleapis.com": {"PodMonitoring", "Rules"},
	"networking.gke.io": {"FQDNNetworkPolicy", "HealthCheckPolicy", "GCPBackendPolicy"},
	"networking.istio.io": {"DestinationRule", "EnvoyFilter", "Gateway", "ServiceEntry", "Sidecar", "VirtualService"},
	"networking.k8s.io": {"NetworkPolicy", "Ingress"},
	"policy": {"PodDisruptionBudget"},
	"rbac.authorization.k8s.io": {"Role", "RoleBinding"},
	"security.istio.io": {"AuthorizationPolicy", "PeerAuthentication", "RequestAuthentication"},
}
