package main

import data.lib.gateways
import data.lib.kubernetes as k8s
import data.lib.set
import rego.v1

# METADATA
# title: A public Gateway serves plain HTTP.
# custom:
#   severity: error
#   scope: set
#   kinds: Gateway
deny contains {"id": "gateway-no-public-http", "msg": msg, "path": path, "object": set.about(i)} if {
	some i in data.lib.gateways.public
	key := gateways.key_of(set.at(i))
	open := gateways.open_listeners(set.at(i))
	some n, listener in k8s.list(set.at(i), ["spec", "listeners"])
	k8s.text(listener, "protocol") == "HTTP"
	name := k8s.text(listener, "name")
	not redirect_listener(key, name, name in open)
	not solver_listener(key, name, name in open)
	msg := sprintf("listener '%s' of Gateway %s serves plain HTTP on a public address", [
		name, k8s.name(set.at(i)),
	])
	path := ["spec", "listeners", n, "protocol"]
}

redirect_listener(key, listener, open) if {
	gateways.attached(key, listener, open, true)
	not gateways.attached(key, listener, open, false)
}

# solver_listener: cert-manager alone attaches routes, to answer the challenges of a certificate authority.
solver_listener(key, listener, open) if {
	open == false
	some section in {"", listener}
	json.marshal([key, section]) in data.lib.gateways.solving
	not gateways.attached(key, listener, open, false)
}
