package main

import data.lib.hub
import data.lib.kubernetes as k8s
import data.lib.set
import rego.v1

# METADATA
# title: The Secret for Hugging Face has no key that KServe recognizes.
# custom:
#   severity: error
#   scope: set
#   kinds: LLMInferenceService
deny contains {"id": "secrets-hf-token-key", "msg": msg, "path": path, "object": set.about(i)} if {
	some service in set.services
	startswith(hub.uri(set.at(service)), "hf://")
	names := hub.secrets_of_initializer(service)
	not some_secret_fits(service, names)
	some name in names
	some i in hub.providers(k8s.namespace(set.at(service)), name)
	some key in hub.keys(set.at(i))
	misspelt_token_key(key)
	msg := sprintf(
		"the download of %s looks for the key HF_TOKEN; %s %s has %s",
		[k8s.name(set.at(service)), k8s.kind(set.at(i)), k8s.name(set.at(i)), key],
	)
	path := hub.key_path(set.at(i), key)
}

deny contains {"id": "secrets-hf-token-key", "msg": msg, "path": path, "object": set.about(service)} if {
	some service in set.services
	some wanted in hub.token_references(set.at(service))
	holders := hub.providers(k8s.namespace(set.at(service)), wanted.secret)
	count(holders) > 0
	every i in holders {
		hub.keys_known(set.at(i))
		not wanted.key in hub.keys(set.at(i))
	}
	msg := sprintf("Secret %s has no key %s", [wanted.secret, wanted.key])
	path := wanted.path
}

some_secret_fits(service, names) if {
	some name in names
	some i in hub.providers(k8s.namespace(set.at(service)), name)
	"HF_TOKEN" in hub.keys(set.at(i))
}

some_secret_fits(service, names) if {
	some name in names
	some i in hub.providers(k8s.namespace(set.at(service)), name)
	not hub.keys_known(set.at(i))
}

# Keys that were meant to be HF_TOKEN; a Secret listed for another purpose has none of them.
misspelt_token_key(key) if {
	key != "HF_TOKEN"
	regex.match(`^(hf|hugging[-_]?face|hugging_face_hub)?[-_.]?(api)?[-_.]?(token|key)$`, lower(key))
}
