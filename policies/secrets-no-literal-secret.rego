package main

import data.lib.kubernetes as k8s
import rego.v1

# METADATA
# title: A Secret carries its value in the manifest.
# custom:
#   severity: error
#   confidence: high
#   scope: file
#   kinds: Secret
#   impact: The value is in the repository, its history and every clone of it, for good.
#   remedy: >-
#     Create the Secret from an ExternalSecret, a SealedSecret or a CSI driver, or by hand; rotate
#     the value that was committed.
#   source: OWASP Kubernetes Top Ten K08; NSA/CISA Kubernetes Hardening Guide
#   bad: |
#     kind: Secret
#     stringData: {HF_TOKEN: hf_...}
#   good: |
#     kind: ExternalSecret
#     spec: {data: [{secretKey: HF_TOKEN, remoteRef: {key: huggingface-token}}]}
deny contains {"id": "secrets-no-literal-secret", "msg": msg, "path": [field, key]} if {
	input.kind == "Secret"
	k8s.group(input) == ""
	some field in ["data", "stringData"]
	some key, value in k8s.map(input, field)
	literal_secret(field, value)
	msg := sprintf("Secret %s carries a value for %s", [k8s.name(input), key])
}

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

# Certificates are public; the keys that belong to them are not.
harmless_secret(value) if regex.match(`^\s*-----BEGIN CERTIFICATE-----`, value)
