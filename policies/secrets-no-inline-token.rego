package main

import data.lib.kubernetes as k8s
import data.lib.pods
import rego.v1

# METADATA
# title: A manifest contains a value that looks like a credential.
# custom:
#   severity: error
#   scope: file
#   kinds: all
deny contains {"id": "secrets-no-inline-token", "msg": msg, "path": path} if {
	input.kind != "Secret"
	input.kind != "CustomResourceDefinition"
	regex.match(credential_pattern, json.marshal(input))
	some [path, value] in walked(input)
	names := looks_like(value)
	count(names) > 0
	msg := sprintf("the value looks like %s", [concat(" and ", sort(names))])
}

deny contains {"id": "secrets-no-inline-token", "msg": msg, "path": path} if {
	some found in data.lib.pods.containers
	some i, variable in k8s.list(found.container, "env")
	name := k8s.text(variable, "name")
	regex.match(`(^|_)(TOKEN|KEY|PASSWORD|PASSWD|SECRET)$`, upper(name))
	not regex.match(`(META|PRIMARY|PARTITION|SORT|CACHE|PREFIX|ROUTING|HASH|LABEL|PUBLIC)_KEY$|CLUSTER_TOKEN$`, upper(name))
	value := k8s.text(variable, "value")
	literal_credential(name, value)
	not names_secret(upper(name), value)
	not names_server(found.container, value)
	count(looks_like(value)) == 0
	msg := sprintf("container '%s' sets %s as a literal value", [found.name, name])
	path := array.concat(found.path, ["env", i, "value"])
}

deny contains {"id": "secrets-no-inline-token", "msg": msg, "path": path} if {
	some found in data.lib.pods.containers
	some probe in ["livenessProbe", "readinessProbe", "startupProbe"]
	some i, header in k8s.list(k8s.map(found.container, [probe, "httpGet"]), "httpHeaders")
	regex.match(`(?i)^(authorization|x-api-key|api-key|x-auth-token)$`, k8s.text(header, "name"))
	value := regex.replace(k8s.text(header, "value"), `^(?i:bearer|basic|token)\s+`, "")
	literal_credential("TOKEN", value)
	msg := sprintf("the %s of container '%s' sends a literal %s", [probe, found.name, k8s.text(header, "name")])
	path := array.concat(found.path, [probe, "httpGet", "httpHeaders", i, "value"])
}

# Values of charts. That a key names a password is a guess, so it is a warning.
warn contains {"id": "secrets-no-inline-token", "msg": msg, "path": path} if {
	input.kind in {"HelmRelease", "Application", "ApplicationSet"}
	some [path, value] in walked(input)
	key := path[count(path) - 1]
	is_string(key)
	regex.match(`(?i)^[a-z]*(password|passwd)$|^(apiKey|clientSecret|authToken|accessToken|secretAccessKey)$`, key)
	not regex.match(`(?i)^(existing|use|enable|generate|random|auto|reset|force)`, key)
	not names_keys(path)
	literal_credential("PASSWORD", value)
	count(looks_like(value)) == 0
	msg := sprintf("the value %s is written out", [key])
}

# Values that are names of keys in a Secret: secretKeys.password.
names_keys(path) if {
	count(path) > 1
	regex.match(`(?i)keys$|keyNames$|secretKeyRef$`, sprintf("%v", [path[count(path) - 2]]))
}

looks_like(value) := {name |
	some name, pattern in credential_patterns
	regex.match(pattern, value)
	not filled_in(name, value)
}

# ${NAME:=other}, and ${NAME:=${OTHER}}: a colon in a variable does not begin a password.
without_variables(value) := regex.replace(inner, `\$\{[^\s{}]*\}`, "<>") if {
	inner := regex.replace(value, `\$\{[^\s{}]*\}`, "<>")
}

# External Secrets and Helm fill the login of a registry into a template.
filled_in("a registry login", value) if contains(value, "{{")

# A key of crosses stands for one: sk-XXXXXXXXXXXX.
filled_in(_, value) if regex.match(`(?i)[_-]x{10,}`, value)

# No password of the addresses is one, or all of them hold a variable.
filled_in("a password in an address", value) if {
	plain := without_variables(value)
	every found in regex.find_all_string_submatch_n(`://[^\s/@:"']*:([^\s/@"'$<{(*][^\s/@"']{2,})@`, plain, 100) {
		placeholder_in_address(found[1])
	}
}

placeholder_in_address(password) if k8s.placeholder(password)

placeholder_in_address(password) if contains(password, "<>")

walked(value) := [[path, leaf] |
	walk(value, [path, leaf])
	is_string(leaf)
]

credential_patterns := {
	"a Hugging Face token": `(^|[^A-Za-z0-9])hf_[A-Za-z0-9]{30,}`,
	"a Google API key": `(^|[^A-Za-z0-9])AIza[0-9A-Za-z_-]{35}`,
	"a Google access token": `(^|[^A-Za-z0-9])ya29\.[0-9A-Za-z_-]{20,}`,
	"a private key": `-----BEGIN [A-Z ]*PRIVATE KEY`,
	"a registry login": `"auths"\s*:\s*\{\s*"[^"]+"\s*:\s*\{\s*"[a-z]+"\s*:\s*"[^"%$<{]`,
	"an API key": `(^|[^A-Za-z0-9_-])(sk-[A-Za-z0-9]{20,}|sk-(proj|svcacct|admin|ant|or)-[A-Za-z0-9_-]*[A-Za-z0-9_]{16}|nvapi-[A-Za-z0-9_-]{20,}|gsk_[A-Za-z0-9]{20,})`,
	"an AWS access key": `(^|[^A-Z0-9])AKIA[0-9A-Z]{16}([^A-Z0-9]|$)`,
	"a GitHub token": `(^|[^A-Za-z0-9])(gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})`,
	"a GitLab token": `(^|[^A-Za-z0-9])gl(pat|rt|dt|ptt|soat|cbt)-[A-Za-z0-9_-]{20,}`,
	"a Slack token": `(^|[^A-Za-z0-9])(xox[abeprs]|xapp)-[A-Za-z0-9-]{20,}`,
	"a registry's token": `(^|[^A-Za-z0-9])(pypi-Ag[A-Za-z0-9_-]{30,}|npm_[A-Za-z0-9]{30,}|dckr_[a-z]{3}_[A-Za-z0-9_-]{20,})`,
	"a Vault token": `(^|[^A-Za-z0-9])hv[sb][.][A-Za-z0-9_-]{20,}`,
	"a password in an address": `://[^\s/@:"']*:[^\s/@"'$<{(*][^\s/@"']{2,}@`,
}

# One look at the whole text decides whether it is worth walking.
credential_pattern := `hf_[A-Za-z0-9]{30,}|AIza[0-9A-Za-z_-]{35}|ya29\.|PRIVATE KEY|auths|(sk-|nvapi-|gsk_)[A-Za-z0-9_-]{20,}|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_|gl[a-z]+-[A-Za-z0-9_-]{20,}|xox[a-z]-|xapp-|pypi-Ag|npm_[A-Za-z0-9]{30,}|dckr_|hv[sb][.][A-Za-z0-9_-]{20,}|://[^\s/@:"']*:[^\s/@"']+@`

# Paths, references, switches, numbers and names of labels are no credentials.
literal_credential(name, value) if {
	count(value) >= least(name)
	not k8s.placeholder(value)
	not regex.match(`^/|\$\(|^\$[A-Za-z_][A-Za-z0-9_]*$|^[0-9.]+$|^(?i:true|false|enabled|disabled)$|^[a-z0-9.-]+\.[a-z]+/[A-Za-z0-9._-]+$`, value)
	not regex.match(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$`, value)
	not regex.match(`(?i)[_-]x{10,}$`, value)
}

# The name of a server of the cluster, which the container calls without authentication.
names_server(container, value) if {
	regex.match(`^[a-z][a-z-]*[a-z]$`, value)
	some variable in k8s.list(container, "env")
	regex.match(sprintf(`^https?://[a-z0-9.-]*%s[a-z0-9.-]*(:|/|$)`, [value]), k8s.text(variable, "value"))
}

# A variable such as TLS_SECRET or DB_SECRET may hold the name of a Secret, with its namespace or
# without. A CLIENT_SECRET or a JWT_SECRET is a credential, whatever its value looks like.
names_secret(name, value) if {
	regex.match(`(^|_)(TLS|SSL|CA|CERTS?|CERTIFICATE|PULL|REGISTRY|CREDENTIALS?|KUBECONFIG|OPERATOR|KUBE)_SECRET$`, name)
	regex.match(`^([a-z][a-z0-9-]*/)?[a-z][a-z0-9.-]*$`, value)
}

names_secret(name, value) if {
	endswith(name, "_SECRET")
	not regex.match(`(^|_)(CLIENT|JWT|SESSION|COOKIE|APP|AUTH|API|ACCESS|SHARED|SIGNING|WEBHOOK|HMAC|OAUTH)_SECRET$`, name)
	regex.match(`^([a-z][a-z0-9-]*/)?[a-z][a-z0-9.-]*-(secrets?|tokens?|credentials?|creds|tls|certs?|kubeconfig)$`, value)
}

# A password may be a short word.
least(name) := 4 if endswith(upper(name), "PASSWORD")

else := 6
