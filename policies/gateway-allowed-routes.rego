package main

import data.lib.kubernetes as k8s
import rego.v1

# METADATA
# title: Any namespace can attach routes to the Gateway.
# custom:
#   severity: warning
#   scope: file
#   kinds: Gateway
warn contains {"id": "gateway-allowed-routes", "msg": msg, "path": path} if {
	input.kind == "Gateway"
	k8s.group(input) == "gateway.networking.k8s.io"
	some i, listener in k8s.list(input, ["spec", "listeners"])
	opens_to_all(listener)
	msg := sprintf("listener '%s' accepts routes from every namespace", [k8s.text(listener, "name")])
	path := ["spec", "listeners", i, "allowedRoutes", "namespaces", "from"]
}

opens_to_all(listener) if k8s.text(listener, ["allowedRoutes", "namespaces", "from"]) == "All"

# An empty selector selects every namespace, too.
opens_to_all(listener) if {
	k8s.text(listener, ["allowedRoutes", "namespaces", "from"]) == "Selector"
	k8s.get(listener, ["allowedRoutes", "namespaces", "selector"], null) == {}
}
