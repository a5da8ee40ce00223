package main

import data.lib.kubernetes as k8s
import rego.v1

# METADATA
# title: The model's URI is of a kind that LLMInferenceService cannot load.
# custom:
#   severity: error
#   confidence: high
#   scope: file
#   kinds: LLMInferenceService, LLMInferenceServiceConfig
#   impact: The controller refuses the service when it reconciles; no pod is ever created.
#   remedy: Use hf://, s3://, pvc:// or oci://. For a bucket, a PersistentVolumeClaim over Cloud Storage FUSE.
#   source: KServe pkg/controller/v1alpha1/llmisvc/workload_storage.go
#   bad: |
#     model: {uri: "gs://models/qwen"}
#   good: |
#     model: {uri: "pvc://models/qwen"}
deny contains {"id": "kserve-storage-uri", "msg": msg, "path": ["spec", "model", "uri"]} if {
	input.kind in {"LLMInferenceService", "LLMInferenceServiceConfig"}
	k8s.group(input) == "serving.kserve.io"
	uri := k8s.text(input, ["spec", "model", "uri"])
	uri != ""
	not regex.match(`\{\{|\$`, uri)
	not regex.match(`^(hf|s3|pvc|oci|oci\+native)://.`, uri)
	msg := sprintf("LLMInferenceService cannot load %s", [uri])
}
