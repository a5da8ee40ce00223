package main

import data.lib.kubernetes as k8s
import rego.v1

# METADATA
# title: A Secret contains its value in the manifest.
# custom:
#   severity: error
#   scope: file
#   kinds: Secret
deny contains {"id": "secrets-no-literal-secret", "msg": msg, "path": [field, key]} if {
	input.kind == "Secret"
	k8s.group(input) == ""
	places := literal_places
	[field, key] := places[0]
	msg := sprintf("Secret %s contains a value for %s%s", [k8s.name(input), key, others(places)])
}

literal_places := sort([[field, key] |
	some field in ["data", "stringData"]
	some key, value in k8s.map(input, field)
	not public(key, field, value)
	literal_secret(field, value)
])

others(places) := "" if count(places) == 1

others(places) := sprintf(" and %s", [places[1][1]]) if count(places) == 2

others(places) := sprintf(" and %d other keys", [count(places) - 1]) if count(places) > 2

literal_secret("stringData", value) if {
	is_string(value)
	not harmless_secret(value)
}

literal_secret("data", value) if {
	is_string(value)
	not k8s.placeholder(value)
	not harmless_secret(decoded_secret(value))
}

# A value that is no text when decoded is as secret as one that is.
decoded_secret(value) := base64.decode(value) if {
	base64.is_valid(value)
} else := value

harmless_secret(value) if k8s.placeholder(value)

# Switches, levels and addresses of mail are settings.
harmless_secret(value) if regex.match(
	`^(true|false|yes|no|on|off|enabled|disabled|debug|info|warn|warning|error|[a-z0-9_.+-]+@[a-z0-9-]+(\.[a-z0-9-]+)+)$`,
	lower(value),
)

# An address without a login, and one whose password is filled in.
harmless_secret(value) if {
	regex.match(`^[a-z][a-z0-9+:.-]*://[^\s]*$`, value)
	not regex.match(`://[^/@\s]*:[^/@\s]*@|(?i)(passw[a-z]*|pwd|token|secret|api[-_]?key|sig)=|hooks|webhook`, value)
}

harmless_secret(value) if {
	regex.match(`^[a-z][a-z0-9+:.-]*://\$\{[^@/]*\}@[^\s]*$`, value)
	not regex.match(`(?i)(passw[a-z]*|pwd|token|secret|api[-_]?key)=`, value)
}

harmless_secret(value) if regex.match(`^[a-z][a-z0-9+:.-]*://[^/@\s:]*:(PLACEHOLDER[A-Z_]*|\$\{[^}]*\})@[^\s]*$`, value)

# An object whose credentials are all filled in, or that has none.
harmless_secret(value) if {
	regex.match(`(?s)^\s*\{.*\}\s*$`, value)
	pair := `(?i)"[^"]*(secret|token|passw|key)[^"]*"\s*:\s*"(\$\{[^"{}]*\}|<[^"<>]*>)?"`
	not regex.match(
		`(?i)secret|token|passw|passphrase|credential|private|bearer|key|"auths?"|://[^/@\s]*:[^/@\s]*@`,
		regex.replace(value, pair, ""),
	)
}

# Certificates are public; the keys that belong to them are not.
harmless_secret(value) if regex.match(`^\s*-----BEGIN CERTIFICATE-----`, value)

# Public keys of SSH, one on each line, perhaps after the hosts that have them.
harmless_secret(value) if regex.match(
	`^\s*((#[^\n]*|([^\s#]+ )?(ssh-(rsa|ed25519|dss)|ecdsa-sha2-[a-z0-9-]+) [A-Za-z0-9+/=]+[^\n]*)\s*)+$`,
	value,
)

# A file of settings without a word for a credential.
public(key, field, value) if {
	regex.match(`\.(ya?ml|json|toml|conf|cfg|ini)$`, key)
	is_string(value)
	written := {"data": decoded_secret(value), "stringData": value}[field]
	not regex.match(
		`(?i)passw|passphrase|secret|token|credential|authorization|private|webhook|\bauths?\b|\bkey|[a-z][_-]?key|api[_-]?url|://[^/@\s]*:[^/@\s]*@`,
		regex.replace(written, `https?://[a-z0-9.-]+\.svc(\.cluster\.local)?(:[0-9]+)?(/[a-z/-]*)?(\s|$)|webhook_configs`, " "),
	)
}

# Addresses, names and settings are put into a Secret beside the credential.
public(key, "stringData", value) if {
	public_key(key)
	is_string(value)
	not regex.match(`://[^/@]*:[^/@]*@`, value)
}

public(key, "data", value) if {
	public_key(key)
	is_string(value)
	not regex.match(`://[^/@]*:[^/@]*@`, decoded_secret(value))
}

public_key(key) if regex.match(`[a-z](Url|Uri|Host|Name|Id|ID|URL|Port|Region|Bucket|Email)$`, key)

public_key(key) if regex.match(
	`(?i)(^|[_.-])(url|uri|host|hostname|endpoint|port|user|username|database|db|name|model|region|bucket|verify|type|issuer|project|max[_-]?tokens|smarthost|repository|from|level|size|version|timeout|cipher|pbkdf|namespace|zone|mode|model[_-]?id|client[_-]?id|role|api[_-]?base|html|css|txt)$`,
	key,
)
