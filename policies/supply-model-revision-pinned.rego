package main

import data.lib.facts
import data.lib.kubernetes as k8s
import rego.v1

# METADATA
# title: A model from Hugging Face is not pinned to a revision.
# custom:
#   severity: warning
#   scope: file
#   kinds: LLMInferenceService, LLMInferenceServiceConfig
warn contains {"id": "supply-model-revision-pinned", "msg": msg, "path": found.path} if {
	facts.stage != "dev"
	some found in hub_models
	some problem in revision_problems(found.uri)
	msg := sprintf("%s %s", [found.uri, problem])
}

hub_models := array.concat(
	[{"uri": uri, "path": ["spec", "model", "uri"]} |
		serves_models
		uri := k8s.text(input, ["spec", "model", "uri"])
		hub_uri(uri)
	],
	[{"uri": uri, "path": ["spec", "model", "lora", "adapters", i, "uri"]} |
		serves_models
		some i, adapter in k8s.list(input, ["spec", "model", "lora", "adapters"])
		uri := k8s.text(adapter, "uri")
		hub_uri(uri)
	],
)

serves_models if {
	input.kind in {"LLMInferenceService", "LLMInferenceServiceConfig"}
	k8s.group(input) == "serving.kserve.io"
}

hub_uri(uri) if {
	startswith(uri, "hf://")
	not contains(uri, "{{")
}

revision_problems(uri) := {"names no revision"} if not regex.match(`[:@][^/:@]+$`, trim_prefix(uri, "hf://"))

revision_problems(uri) := {"names a branch, which moves"} if regex.match(`[:@](main|master|HEAD)$`, uri)
