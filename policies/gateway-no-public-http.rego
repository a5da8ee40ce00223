package main

import data.lib.gateways
import data.lib.kubernetes as k8s
import data.lib.set
import rego.v1

# METADATA
# title: A public Gateway serves plain HTTP.
# custom:
#   severity: error
#   confidence: high
#   scope: set
#   kinds: Gateway
#   impact: Prompts, answers and API keys cross the internet in clear text.
#   remedy: >-
#     Add an HTTPS listener with certificateRefs and let the HTTP listener carry a redirect route
#     alone, or make the load balancer internal
#     (networking.gke.io/load-balancer-type: Internal under spec.infrastructure.annotations).
#   source: CWE-319; Gateway API documentation, HTTP redirects
#   bad: |
#     listeners: [{name: http, port: 80, protocol: HTTP}]
#   good: |
#     listeners:
#     - name: https
#       port: 443
#       protocol: HTTPS
#       tls: {certificateRefs: [{name: gateway-certificate}]}
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
