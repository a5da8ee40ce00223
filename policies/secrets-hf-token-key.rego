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
	some download in hub_downloads
	not some_secret_fits(download)
	some name in download.secrets
	some i in data.lib.hub.provided[hub.named(download.namespace, name)]
	some key in hub.keys(set.at(i))
	misspelt_token_key(key)
	msg := sprintf(
		"the download of %s looks for the key HF_TOKEN; %s %s has %s",
		[download.name, k8s.kind(set.at(i)), k8s.name(set.at(i)), key],
	)
	path := hub.key_path(set.at(i), key)
}

deny contains {"id": "secrets-hf-token-key", "msg": msg, "path": path, "object": set.about(service)} if {
	some service in data.lib.set.services
	some wanted in hub.token_references(set.at(service))
	secret := hub.named(k8s.namespace(set.at(service)), wanted.secret)
	offered := data.lib.hub.offered[secret]
	not secret in data.lib.hub.opaque
	not wanted.key in offered
	msg := sprintf("Secret %s has no key %s", [wanted.secret, wanted.key])
	path := wanted.path
}

# hub_downloads: each once. Environments in one set repeat them.
hub_downloads contains {"namespace": k8s.namespace(service), "name": k8s.name(service), "secrets": secrets} if {
	some i in data.lib.set.services
	service := set.at(i)
	startswith(hub.uri(service), "hf://")
	secrets := hub.secrets_of_initializer(i)
}

some_secret_fits(download) if {
	some name in download.secrets
	"HF_TOKEN" in data.lib.hub.offered[hub.named(download.namespace, name)]
}

some_secret_fits(download) if {
	some name in download.secrets
	hub.named(download.namespace, name) in data.lib.hub.opaque
}

# Keys that were meant to be HF_TOKEN; a Secret listed for another purpose has none of them.
misspelt_token_key(key) if {
	key != "HF_TOKEN"
	regex.match(`^(hf|hugging[-_]?face|hugging_face_hub)?[-_.]?(api)?[-_.]?(token|key)$`, lower(key))
}
