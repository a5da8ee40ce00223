package main

import data.lib.facts
import data.lib.kubernetes as k8s
import rego.v1

# METADATA
# title: TLS to a backend is disabled or not verified.
# custom:
#   severity: error
#   scope: file
#   kinds: DestinationRule, EnvoyFilter
deny contains {"id": "istio-tls-verification", "msg": msg, "path": path} if {
	some settings in tls_settings
	k8s.text(settings.tls, "mode") == "DISABLE"
	msg := sprintf("traffic to %s is not encrypted", [k8s.text(input, ["spec", "host"])])
	path := array.concat(settings.path, ["mode"])
}

deny contains {"id": "istio-tls-verification", "msg": msg, "path": path} if {
	some settings in tls_settings
	k8s.get(settings.tls, "insecureSkipVerify", false) == true
	host := k8s.text(input, ["spec", "host"])
	count([one | some one in k8s.list(data.lib.facts.profile, "unverifiedHosts"); one == host]) == 0
	msg := sprintf("the certificate of %s is not verified", [k8s.text(input, ["spec", "host"])])
	path := array.concat(settings.path, ["insecureSkipVerify"])
}

# Recent releases of Istio then trust the public authorities; none of them signs names of a cluster.
warn contains {"id": "istio-tls-verification", "msg": msg, "path": path} if {
	some settings in tls_settings
	k8s.text(settings.tls, "mode") == "SIMPLE"
	k8s.get(settings.tls, "insecureSkipVerify", false) != true
	k8s.text(settings.tls, "caCertificates") == ""
	k8s.text(settings.tls, "credentialName") == ""
	regex.match(`(^\*|\.svc$|\.local$|^[a-z0-9-]+$)`, k8s.text(input, ["spec", "host"]))
	msg := sprintf("TLS to %s has no CA to verify the certificate", [k8s.text(input, ["spec", "host"])])
	path := array.concat(settings.path, ["caCertificates"])
}

deny contains {"id": "istio-tls-verification", "msg": msg, "path": path} if {
	input.kind == "EnvoyFilter"
	k8s.group(input) == "networking.istio.io"
	walk(input, [path, value])
	some problem in envoy_tls_problem(path, value)
	msg := sprintf("this Envoy configuration %s", [problem])
}

envoy_tls_problem(path, value) := {"accepts any certificate"} if {
	value == "ACCEPT_UNTRUSTED"
	path[count(path) - 1] in {"trust_chain_verification", "trustChainVerification"}
}

envoy_tls_problem(path, value) := {"verifies nothing: its validation context is empty"} if {
	value == {}
	path[count(path) - 1] in {"validation_context", "validationContext"}
}

tls_settings := [{"tls": tls, "path": path} |
	input.kind == "DestinationRule"
	k8s.group(input) == "networking.istio.io"
	some path in array.concat(policy_places, port_places)
	tls := k8s.get(input, path, null)
	is_object(tls)
]

policy_bases := array.concat([["spec", "trafficPolicy"]], [["spec", "subsets", i, "trafficPolicy"] |
	some i, _ in k8s.list(input, ["spec", "subsets"])
])

policy_places := [array.concat(base, ["tls"]) | some base in policy_bases]

port_places := [array.concat(base, ["portLevelSettings", i, "tls"]) |
	some base in policy_bases
	some i, _ in k8s.list(input, array.concat(base, ["portLevelSettings"]))
]
