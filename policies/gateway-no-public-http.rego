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
	some i in gateways.public
	some n, listener in k8s.list(set.at(i), ["spec", "listeners"])
	k8s.text(listener, "protocol") == "HTTP"
	not redirect_listener(set.at(i), k8s.text(listener, "name"))
	msg := sprintf("listener '%s' of Gateway %s serves plain HTTP on a public address", [
		k8s.text(listener, "name"), k8s.name(set.at(i)),
	])
	path := ["spec", "listeners", n, "protocol"]
}

redirect_listener(gateway, listener) if {
	attached := gateways.attached(gateway, listener)
	count(attached) > 0
	every i in attached {
		gateways.redirects(set.at(i))
	}
}
