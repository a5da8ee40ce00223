package main

import data.lib.kubernetes as k8s
import rego.v1

# METADATA
# title: An LLMInferenceService cannot load a model from this type of URI.
# custom:
#   severity: error
#   scope: file
#   kinds: LLMInferenceService, LLMInferenceServiceConfig
deny contains {"id": "kserve-storage-uri", "msg": msg, "path": ["spec", "model", "uri"]} if {
	input.kind in {"LLMInferenceService", "LLMInferenceServiceConfig"}
	k8s.group(input) == "serving.kserve.io"
	uri := k8s.text(input, ["spec", "model", "uri"])
	uri != ""
	not regex.match(`\{\{|\$|^<.*>$`, uri) # filled in later
	not regex.match(`^(hf|s3|pvc|oci|oci\+native)://.`, uri)
	msg := sprintf("LLMInferenceService cannot load %s", [uri])
}
