package main

import data.lib.hub
import data.lib.kubernetes as k8s
import data.lib.pods
import rego.v1

# METADATA
# title: The serving container has a credential that it does not use.
# custom:
#   severity: warning
#   scope: file
#   kinds: LLMInferenceService
warn contains {"id": "secrets-not-in-serving-container", "msg": msg, "path": path} if {
	input.kind == "LLMInferenceService"
	k8s.group(input) == "serving.kserve.io"
	hub.downloads(input)
	some found in data.lib.pods.containers
	found.role == "serving"
	found.name == "main"
	found.type == "containers"
	not regex.match(`load[-_]format[= ](runai_streamer|gcs)|runai`, pods.command_line(found.container))
	some i, variable in k8s.list(found.container, "env")
	k8s.text(variable, "name") in storage_credentials
	k8s.get(variable, ["valueFrom", "secretKeyRef", "optional"], false) != true
	msg := sprintf("container 'main' has %s; the model is downloaded before it starts", [variable.name])
	path := array.concat(found.path, ["env", i])
}

storage_credentials := {
	"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HUGGINGFACE_TOKEN", "AWS_ACCESS_KEY_ID",
	"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
}
