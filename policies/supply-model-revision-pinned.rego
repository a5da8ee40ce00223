package main

import data.lib.facts
import data.lib.kubernetes as k8s
import data.lib.pods
import rego.v1

# METADATA
# title: A model from Hugging Face is not pinned to a revision.
# custom:
#   severity: warning
#   scope: file
#   kinds: pods
warn contains {"id": "supply-model-revision-pinned", "msg": msg, "path": found.path} if {
	data.lib.facts.stage != "dev"
	some found in hub_models
	some problem in revision_problems(found.uri)
	msg := sprintf("%s %s", [found.uri, problem])
}

warn contains {"id": "supply-model-revision-pinned", "msg": msg, "path": path} if {
	data.lib.facts.stage != "dev"
	some found in data.lib.pods.containers
	line := server_line(found.container)
	model := served_model(line)
	some problem in flag_problems(line, "served")
	msg := sprintf("%s %s", [model, problem])
	path := array.concat(found.path, place_of(found.container, model))
}

warn contains {"id": "supply-model-revision-pinned", "msg": msg, "path": path} if {
	data.lib.facts.stage != "dev"
	some found in data.lib.pods.containers
	some field in ["command", "args"]
	some i, argument in k8s.list(found.container, field)
	is_string(argument)
	hub_uri(argument)
	some problem in revision_problems(argument)
	msg := sprintf("%s %s", [argument, problem])
	path := array.concat(found.path, [field, i])
}

warn contains {"id": "supply-model-revision-pinned", "msg": msg, "path": path} if {
	data.lib.facts.stage != "dev"
	some found in data.lib.pods.containers
	some line in download_lines(pods.command_line(found.container))
	model := downloaded_model(line)
	some problem in flag_problems(line, "downloaded")
	msg := sprintf("%s %s", [model, problem])
	path := array.concat(found.path, place_of(found.container, model))
}

hub_models := array.concat(
	[{"uri": uri, "path": ["spec", "model", "uri"]} |
		pods.is_serving(input)
		uri := k8s.text(input, ["spec", "model", "uri"])
		hub_uri(uri)
	],
	[{"uri": uri, "path": ["spec", "model", "lora", "adapters", i, "uri"]} |
		pods.is_serving(input)
		some i, adapter in k8s.list(input, ["spec", "model", "lora", "adapters"])
		uri := k8s.text(adapter, "uri")
		hub_uri(uri)
	],
)

hub_uri(uri) if {
	regex.match(`^hf://[^\s$]+$`, uri)
	not contains(uri, "{{")
}

revision_problems(uri) := {"names no revision"} if not regex.match(`[:@][^/:@]+$`, trim_prefix(uri, "hf://"))

revision_problems(uri) := {"names a branch, which moves"} if regex.match(`[:@](main|master|HEAD)$`, uri)

# server_line: the command line of a container that starts an inference server. An image of vLLM
# starts the server without a command.
server_line(container) := line if {
	line := pods.command_line(container)
	regex.match(`vllm\s+serve\s|vllm\.entrypoints|sglang`, line)
} else := concat(" ", ["vllm serve", pods.command_line(container)]) if {
	count(k8s.list(container, "command")) == 0
	regex.match(`(^|/)vllm[^/]*$`, k8s.text(container, "image"))
}

# served_model: OWNER/MODEL where the server is told its model. Folders, buckets and variables
# have another form. A script with "$@" takes it from the arguments after the name of the script.
served_model(line) := model if {
	found := regex.find_n(
		`(vllm\s+serve\s+("\$@"\s+[^ ]+ )?|--model(-path)?[=\s]\s*)["']?[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9][A-Za-z0-9_.-]*(["'\s\\]|$)`,
		line, 1,
	)[0]
	model := regex.find_n(`[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9][A-Za-z0-9_.-]*`, found, 1)[0]
}

# download_lines: the commands of a line that download from the hub, each up to its end.
download_lines(line) := regex.find_n(`\b(hf|huggingface-cli)\s+download\s(\\\n|[^;&|\n])*`, line, -1)

# downloaded_model: OWNER/MODEL, the first argument that is no option. Data sets are no models.
downloaded_model(line) := model if {
	not regex.match(`--repo-type[=\s]\s*["']?(dataset|space)`, line)
	found := regex.find_n(
		`download([\s\\]+--[a-z-]+(=[^\s]+|\s+[^-\s][^\s]*)?)*?[\s\\]+["']?[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9][A-Za-z0-9_.-]*(["'\s\\]|$)`,
		line, 1,
	)[0]
	model := trim(regex.find_n(`[^"'\s]+["'\s\\]?$`, found, 1)[0], "\"' \t\n\\")
}

flag_problems(line, verb) := {sprintf("is %s without --revision", [verb])} if {
	not regex.match(`--revision[=\s]`, line)
}

flag_problems(line, verb) := {sprintf("is %s from a branch, which moves", [verb])} if {
	regex.match(`--revision[=\s]\s*["']?(main|master|HEAD)(["'\s\\]|$)`, line)
}

place_of(container, model) := [
[field, i] |
	some field in ["command", "args"]
	some i, argument in k8s.list(container, field)
	is_string(argument)
	contains(argument, model)
][0]
