package main

import data.lib.kubernetes as k8s
import data.lib.pods
import rego.v1

# METADATA
# title: A pod mounts an API token that it does not use.
# custom:
#   severity: warning
#   confidence: medium
#   scope: file
#   kinds: pods
#   impact: Whoever breaks into the server can talk to the API server as this service account.
#   remedy: >-
#     Set `automountServiceAccountToken` to false on pods that do not call the API; give pods that
#     do a ServiceAccount of their own. The endpoint picker needs its token.
#   source: CIS GKE Benchmark 4.1.5 and 4.1.6 (numbers differ by edition)
#   bad: |
#     spec: {containers: [{name: main}]}
#   good: |
#     spec: {serviceAccountName: qwen, automountServiceAccountToken: false}
warn contains {"id": "pods-service-account-token", "msg": msg, "path": path} if {
	some pod in pods.pods
	pod.role != "scheduler"
	input.kind != "LLMInferenceServiceConfig"
	k8s.get(pod.spec, "automountServiceAccountToken", null) != false
	account := k8s.text(pod.spec, "serviceAccountName")
	some reason in token_reasons(pod, account)
	msg := sprintf("the pod mounts an API token %s", [reason])
	path := array.concat(pod.path, ["automountServiceAccountToken"])
}

token_reasons(_, account) := {"of the namespace's default service account"} if account in {"", "default"}

token_reasons(pod, account) := {"that a model server does not use"} if {
	not account in {"", "default"}
	pod.role == "serving"
	not routing_sidecar(pod.spec)
}

# The routing sidecar of prefill/decode serving watches pods.
routing_sidecar(spec) if {
	some type in ["initContainers", "containers"]
	some container in k8s.list(spec, type)
	contains(k8s.text(container, "name"), "sidecar")
}
