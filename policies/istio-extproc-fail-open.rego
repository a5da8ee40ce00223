package main

import data.lib.facts
import data.lib.kubernetes as k8s
import rego.v1

# METADATA
# title: Requests bypass the endpoint picker when it is not available.
# custom:
#   severity: info
#   scope: file
#   kinds: EnvoyFilter, InferencePool, LLMInferenceService, LLMInferenceServiceConfig
warn contains {"id": "istio-extproc-fail-open", "msg": msg, "path": path} if {
	k8s.get(data.lib.facts.profile, "schedulerFailOpen", false) != true
	some path in failure_mode_places
	k8s.text(input, path) == "FailOpen"
	msg := "requests bypass the endpoint picker when it is down (FailOpen)"
}

warn contains {"id": "istio-extproc-fail-open", "msg": msg, "path": path} if {
	k8s.get(data.lib.facts.profile, "schedulerFailOpen", false) != true
	input.kind == "EnvoyFilter"
	k8s.group(input) == "networking.istio.io"
	walk(input, [path, value])
	value == true
	path[count(path) - 1] in {"failure_mode_allow", "failureModeAllow"}
	msg := "requests pass when external processing fails"
}

failure_mode_places := [
	["spec", "endpointPickerRef", "failureMode"],
	["spec", "extensionRef", "failureMode"],
] if {
	input.kind == "InferencePool"
} else := [
	["spec", "router", "scheduler", "pool", "spec", "endpointPickerRef", "failureMode"],
	["spec", "router", "scheduler", "pool", "spec", "extensionRef", "failureMode"],
] if {
	input.kind in {"LLMInferenceService", "LLMInferenceServiceConfig"}
} else := []
