package main

import data.lib.kubernetes as k8s
import data.lib.pods
import rego.v1

# METADATA
# title: The server runs code from the model repository.
# custom:
#   severity: error
#   scope: file
#   kinds: pods
deny contains {"id": "supply-no-remote-code", "msg": msg, "path": path} if {
	some found in data.lib.pods.containers
	some field in ["command", "args"]
	some i, argument in k8s.list(found.container, field)
	is_string(argument)
	trusts_remote_code(argument)
	msg := sprintf("container '%s' runs code from the model repository", [found.name])
	path := array.concat(found.path, [field, i])
}

deny contains {"id": "supply-no-remote-code", "msg": msg, "path": path} if {
	some found in data.lib.pods.containers
	some i, variable in k8s.list(found.container, "env")
	remote_code_variable(k8s.text(variable, "name"), k8s.text(variable, "value"))
	msg := sprintf("container '%s' runs code from the model repository", [found.name])
	path := array.concat(found.path, ["env", i, "value"])
}

trusts_remote_code(text) if regex.match(`(^|[\s"'=])--trust[-_]remote[-_]code($|[\s"';\\]|=[Tt]rue)`, text)

remote_code_variable(_, value) if trusts_remote_code(value)

remote_code_variable(name, value) if {
	endswith(name, "TRUST_REMOTE_CODE")
	lower(value) in {"1", "true", "yes"}
}
