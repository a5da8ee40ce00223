package main

import data.lib.kubernetes as k8s
import data.lib.set
import rego.v1

# METADATA
# title: A namespace of the mesh accepts unencrypted traffic.
# description: >-
#   Namespaces that serve models over KServe's own TLS are judged by istio-injection-vs-kserve-tls
#   instead: strict mTLS there turns the gateway away.
# custom:
#   severity: error
#   scope: set
#   kinds: PeerAuthentication, Namespace
deny contains {"id": "istio-strict-mtls", "msg": msg, "path": mode.path, "object": set.about(i)} if {
	some i in peer_authentications
	some mode in mtls_modes(set.at(i))
	mode.mode in {"PERMISSIVE", "DISABLE"}
	msg := sprintf("%s lets pods of %s accept unencrypted traffic (%s)", [
		k8s.name(set.at(i)), k8s.namespace(set.at(i)), mode.mode,
	])
}

deny contains {"id": "istio-strict-mtls", "msg": msg, "path": ["metadata", "name"], "object": set.about(i)} if {
	count(peer_authentications) > 0
	some [i, msg] in not_strict
}

# Without a single PeerAuthentication in the set, those of the mesh may stand elsewhere.
warn contains {"id": "istio-strict-mtls", "msg": msg, "path": ["metadata", "name"], "object": set.about(i)} if {
	count(peer_authentications) == 0
	some [i, msg] in not_strict
}

not_strict contains [i, msg] if {
	some name, indexes in data.lib.set.namespaces
	some i in indexes
	set.meshed(set.at(i))
	not name in kserve_namespaces
	not name in strict_namespaces
	not "istio-system" in strict_namespaces
	msg := sprintf("namespace %s is in the mesh and no PeerAuthentication sets strict mTLS", [name])
}

peer_authentications := set.all("security.istio.io", "PeerAuthentication")

mtls_modes(object) := array.concat(
	[{"mode": k8s.text(object, ["spec", "mtls", "mode"]), "path": ["spec", "mtls", "mode"]}],
	[{"mode": k8s.text(value, "mode"), "path": ["spec", "portLevelMtls", port, "mode"]} |
		some port, value in k8s.map(object, ["spec", "portLevelMtls"])
	],
)

strict_namespaces contains k8s.namespace(set.at(i)) if {
	some i in peer_authentications
	k8s.map(set.at(i), ["spec", "selector"]) == {}
	k8s.text(set.at(i), ["spec", "mtls", "mode"]) == "STRICT"
}

kserve_namespaces contains k8s.namespace(set.at(i)) if some i in data.lib.set.services
