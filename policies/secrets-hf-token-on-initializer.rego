package main

import data.lib.facts
import data.lib.hub
import data.lib.kubernetes as k8s
import data.lib.set
import rego.v1

# METADATA
# title: The container that downloads the model has no token.
# custom:
#   severity: error
#   scope: set
#   kinds: LLMInferenceService
#   needs: gatedModels
deny contains {"id": "secrets-hf-token-on-initializer", "msg": msg, "path": path, "object": set.about(i)} if {
	some i in services_without_token
	some gated in k8s.strings(k8s.list(data.lib.facts.profile, "gatedModels"))
	startswith(hub.uri(set.at(i)), concat("", ["hf://", gated]))
	msg := sprintf("%s is gated, and its download has no token", [hub.uri(set.at(i))])
	path := ["spec", "template", "serviceAccountName"]
}

# A server with a token suggests that its model needs one.
warn contains {"id": "secrets-hf-token-on-initializer", "msg": msg, "path": wanted.path, "object": set.about(i)} if {
	some i in services_without_token
	some wanted in hub.token_references(set.at(i))
	wanted.optional == false
	msg := "this token is available to the server, not to the container that downloads the model"
}

services_without_token := {i |
	some i in data.lib.set.services
	service := set.at(i)
	hub.downloads(service)
	not hub.initializer_replaced(service)
	hub.secrets_known(i)
	count(hub.secrets_of_initializer(i)) == 0
}
