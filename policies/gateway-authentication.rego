package main

import data.lib.facts
import data.lib.gateways
import data.lib.kubernetes as k8s
import data.lib.set
import rego.v1

# METADATA
# title: A public Gateway has no client authentication.
# description: >-
#   Judged when the set holds a public Gateway and something it serves. Counted as asking:
#   a RequestAuthentication together with an AuthorizationPolicy, an AuthorizationPolicy of action
#   CUSTOM, an AuthPolicy, or an EnvoyFilter with ext_authz, for this Gateway. A decision against it
#   is recorded as `profile.authentication` with the value none.
# custom:
#   severity: error
#   scope: set
#   kinds: Gateway
deny contains {"id": "gateway-authentication", "msg": msg, "path": ["metadata", "name"], "object": set.about(i)} if {
	k8s.text(facts.profile, "authentication") != "none"
	some i in gateways.public
	serves_something(set.at(i))
	not asks_for_identity(set.at(i))
	msg := sprintf("Gateway %s is public and has no client authentication", [k8s.name(set.at(i))])
}

serves_something(gateway) if count(gateways.services(gateway)) > 0

serves_something(gateway) if {
	some listener in k8s.list(gateway, ["spec", "listeners"])
	some i in gateways.attached(gateway, k8s.text(listener, "name"))
	not gateways.redirects(set.at(i))
}

asks_for_identity(gateway) if {
	targets_gateway(gateway, "security.istio.io", "RequestAuthentication", "")
	targets_gateway(gateway, "security.istio.io", "AuthorizationPolicy", "")
}

asks_for_identity(gateway) if targets_gateway(gateway, "security.istio.io", "AuthorizationPolicy", "CUSTOM")

asks_for_identity(gateway) if targets_gateway(gateway, "kuadrant.io", "AuthPolicy", "")

asks_for_identity(gateway) if targets_gateway(gateway, "networking.gke.io", "GCPBackendPolicy", "")

asks_for_identity(gateway) if {
	some i in set.all("networking.istio.io", "EnvoyFilter")
	k8s.namespace(set.at(i)) in {k8s.namespace(gateway), "istio-system"}
	some patch in k8s.list(set.at(i), ["spec", "configPatches"])
	k8s.text(patch, ["patch", "value", "name"]) == "envoy.filters.http.ext_authz"
}

targets_gateway(gateway, group, kind, action) if {
	some i in set.all(group, kind)
	action in {"", k8s.text(set.at(i), ["spec", "action"])}
	targeted(set.at(i), gateway)
}

targeted(object, gateway) if {
	references := array.concat(
		k8s.list(object, ["spec", "targetRefs"]),
		[reference | reference := k8s.map(object, ["spec", "targetRef"]); reference != {}],
	)
	some reference in references
	gateways.names(reference, k8s.namespace(object), gateway)
}

targeted(object, gateway) if {
	k8s.namespace(object) == k8s.namespace(gateway)
	labels := k8s.map(object, ["spec", "selector", "matchLabels"])
	labels["gateway.networking.k8s.io/gateway-name"] == k8s.name(gateway)
}

# Without selector and targets a policy holds for its whole namespace.
targeted(object, gateway) if {
	k8s.group(object) == "security.istio.io"
	k8s.namespace(object) in {k8s.namespace(gateway), "istio-system"}
	k8s.get(object, ["spec", "selector"], null) == null
	k8s.get(object, ["spec", "targetRefs"], null) == null
	k8s.get(object, ["spec", "targetRef"], null) == null
}
