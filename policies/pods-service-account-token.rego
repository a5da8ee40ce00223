package main

import data.lib.kubernetes as k8s
import data.lib.pods
import rego.v1

# METADATA
# title: A Pod mounts an API token that it does not use.
# custom:
#   severity: warning
#   scope: file
#   kinds: pods
warn contains {"id": "pods-service-account-token", "msg": msg, "path": path} if {
	some pod in data.lib.pods.pods
	pod.role != "scheduler"
	input.kind != "LLMInferenceServiceConfig"
	not decodes(pod)
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

# decodes: the preset brings the routing sidecar where prefill is separate, which a config of
# baseRefs may say, too. The controller gives these pods an account of their own.
decodes(pod) if {
	pods.is_serving(input)
	not "prefill" in pod.path
	separate
}

separate if is_object(k8s.get(input, ["spec", "prefill"], null))

separate if count(k8s.list(k8s.get(input, ["spec"], {}), "baseRefs")) > 0

# The routing sidecar of prefill/decode serving watches pods.
routing_sidecar(spec) if {
	some type in ["initContainers", "containers"]
	some container in k8s.list(spec, type)
	contains(k8s.text(container, "name"), "sidecar")
}
