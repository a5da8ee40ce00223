package main

import data.lib.facts
import data.lib.kubernetes as k8s
import data.lib.pods
import rego.v1

# METADATA
# title: The server, its probes and the gateway do not use the same TLS setting.
# description: >-
#   KServe serves over TLS if its release says so (`servesTLS`), unless `profile.kserveTLS` is false.
#   For other releases, and for services without a router, only what contradicts itself is
#   reported.
# custom:
#   severity: error
#   scope: file
#   kinds: LLMInferenceService
deny contains {"id": "kserve-tls-serving", "msg": msg, "path": path} if {
	some found in model_servers
	starts_itself(found.container)
	not serves_tls(found.container)
	some reason in tls_expected(found.container)
	msg := sprintf("container 'main' starts vLLM without TLS; %s", [reason])
	path := array.concat(found.path, [server_field(found.container)])
}

deny contains {"id": "kserve-tls-serving", "msg": msg, "path": path} if {
	some found in model_servers
	some reason in tls_served(found.container)
	some probe in ["livenessProbe", "readinessProbe", "startupProbe"]
	is_object(k8s.get(found.container, [probe, "httpGet"], null))
	k8s.get(found.container, [probe, "httpGet", "scheme"], "") == "HTTP"
	msg := sprintf("the %s uses HTTP; %s", [probe, reason])
	path := array.concat(found.path, [probe, "httpGet", "scheme"])
}

model_servers := [found |
	input.kind == "LLMInferenceService"
	k8s.group(input) == "serving.kserve.io"
	some found in data.lib.pods.containers
	found.role == "serving"
	found.type == "containers"
	found.name == "main"
]

# The container replaces the preset's way of starting vLLM. Flags alone are appended to it, or run
# as a script, by release; that is another rule's matter.
starts_itself(container) if {
	not appended(container)
	line := pods.command_line(container)
	regex.match(`vllm(\.entrypoints| serve|$|\s)|api_server`, line)
	not contains(line, "$@")
}

# Then the preset's command starts vLLM with the flags for TLS.
appended(container) if {
	count(k8s.list(container, ["command"])) == 0
	data.lib.facts.appends_args
}

serves_tls(container) if regex.match(`ssl|VLLM_ADDITIONAL_ARGS`, pods.command_line(container))

tls_expected(container) := {"its probe asks over HTTPS"} if {
	some probe in ["livenessProbe", "readinessProbe", "startupProbe"]
	k8s.text(container, [probe, "httpGet", "scheme"]) == "HTTPS"
} else := {"gateway and scheduler expect TLS"} if {
	tls_installed
	routed_by_kserve
} else := set()

tls_served(container) := {"the server is started with TLS"} if {
	starts_itself(container)
	contains(pods.command_line(container), "--ssl-certfile")
} else := {"the preset starts the server with TLS"} if {
	not starts_itself(container)
	count(k8s.list(container, "command")) == 0
	tls_installed
} else := set()

# Without a router KServe makes neither route nor scheduler: other routes may use HTTP.
routed_by_kserve if k8s.get(input, ["spec", "router"], null) != null

routed_by_kserve if count(k8s.list(input, ["spec", "baseRefs"])) > 0

tls_installed if {
	data.lib.facts.serves_tls
	k8s.get(data.lib.facts.profile, "kserveTLS", true) == true
}

tls_installed if k8s.get(data.lib.facts.profile, "kserveTLS", false) == true

server_field(container) := "command" if {
	count(k8s.list(container, "command")) > 0
	regex.match(`vllm`, concat(" ", k8s.strings(k8s.list(container, "command"))))
} else := "args"
