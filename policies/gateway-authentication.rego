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
#   CUSTOM, an AuthPolicy or a SecurityPolicy that demands credentials, or an EnvoyFilter with
#   ext_authz, for this Gateway; or such an AuthPolicy or SecurityPolicy for each of its routes. A
#   decision against it is recorded as `profile.authentication` with the value none.
# custom:
#   severity: error
#   scope: set
#   kinds: Gateway
deny contains {
	"id": "gateway-authentication", "msg": msg, "path": cause(set.at(i)), "object": set.about(i),
	"remedy": remedy(set.at(i)),
} if {
	k8s.text(data.lib.facts.profile, "authentication") != "none"
	some i in data.lib.gateways.public
	serves_something(set.at(i))
	not asks_for_identity(set.at(i))
	msg := sprintf("Gateway %s is public and has no client authentication%s", [k8s.name(set.at(i)), exceptions(set.at(i))])
}

# cause: of a rendered Gateway, what is not there because of the exposure in the spec, or the class.
cause(gateway) := ["metadata", "name"] if {
	data.lib.facts.profile == {}
} else := ["spec", "infrastructure"] if {
	k8s.get(gateway, ["spec", "infrastructure"], null) == null
} else := ["spec", "gatewayClassName"]

# remedy: of a stack whose load balancer verifies no credentials; else that of the page.
remedy(gateway) := "Set `spec.gateway.class: gke-l7-rilb` and `exposure: internal`, or `class: istio` and `authentication.jwt: [{issuer: https://ISSUER}]`." if {
	startswith(k8s.text(gateway, ["spec", "gatewayClassName"]), "gke-")
} else := ""

# exceptions: the routes that have none, where others have a policy of their own.
exceptions(gateway) := sprintf(": %s", [concat(", ", open)]) if {
	key := gateways.key_of(gateway)
	keys := {route: json.marshal([k8s.namespace(set.at(route)), k8s.name(set.at(route))]) | some route in data.lib.gateways.leading[key]}
	open := {sprintf("%s %s", [k8s.kind(set.at(route)), k8s.name(set.at(route))]) | some route, name in keys; not name in identity_routes}
	count(open) > 0
	count(open) < count(keys)
} else := ""

serves_something(gateway) if gateways.services(gateways.key_of(gateway)) > 0

serves_something(gateway) if {
	key := gateways.key_of(gateway)
	open := gateways.open_listeners(gateway)
	some name in {name | some listener in k8s.list(gateway, ["spec", "listeners"]); name := k8s.text(listener, "name")}
	gateways.attached(key, name, name in open, false)
}

asks_for_identity(gateway) if {
	targets_gateway(gateway, "RequestAuthentication")
	targets_gateway(gateway, "AuthorizationPolicy")
}

asks_for_identity(gateway) if targets_gateway(gateway, "AuthorizationPolicy CUSTOM")

asks_for_identity(gateway) if targets_gateway(gateway, "AuthPolicy")

asks_for_identity(gateway) if targets_gateway(gateway, "SecurityPolicy")

# Of routes that a controller makes of its services, no policy is known by name.
asks_for_identity(gateway) if {
	key := gateways.key_of(gateway)
	not leads_to_services(gateway)
	count(data.lib.gateways.leading[key]) > 0
	every i in data.lib.gateways.leading[key] {
		json.marshal([k8s.namespace(set.at(i)), k8s.name(set.at(i))]) in identity_routes
	}
}

asks_for_identity(gateway) if targets_gateway(gateway, "GCPBackendPolicy")

# leads_to_services: a Gateway that a service names, or that may be the one of the installation, by its name.
leads_to_services(gateway) if object.get(data.lib.gateways.numbers.using, gateways.key_of(gateway), 0) > 0

installation_words := {"inference", "kserve", "llm", "model"}

leads_to_services(gateway) if {
	gateways.services(gateways.key_of(gateway)) > 0
	some word in installation_words
	contains(lower(k8s.name(gateway)), word)
}

asks_for_identity(gateway) if {
	some namespace in [k8s.namespace(gateway), "istio-system"]
	namespace in ext_authz_namespaces
}

ext_authz_namespaces contains k8s.namespace(set.at(i)) if {
	some i in set.all("networking.istio.io", "EnvoyFilter")
	some patch in k8s.list(set.at(i), ["spec", "configPatches"])
	k8s.text(patch, ["patch", "value", "name"]) == "envoy.filters.http.ext_authz"
}

targets_gateway(gateway, what) if {
	targeted := object.get(identity_targets, what, set())
	some target in [gateways.key_of(gateway), json.marshal([k8s.namespace(gateway)]), json.marshal(["istio-system"])]
	target in targeted
}

# identity_targets: the Gateways ([namespace, name]) and namespaces ([namespace]) that policies are
# for, by kind.
identity_targets[what] contains target if {
	some [group, kind] in [
		["security.istio.io", "RequestAuthentication"],
		["security.istio.io", "AuthorizationPolicy"],
		["kuadrant.io", "AuthPolicy"],
		["gateway.envoyproxy.io", "SecurityPolicy"],
		["networking.gke.io", "GCPBackendPolicy"],
	]
	some i in set.all(group, kind)
	some what in policy_names(kind, set.at(i))
	some target in policy_targets(set.at(i))
}

policy_names(kind, object) := {kind, "AuthorizationPolicy CUSTOM"} if {
	kind == "AuthorizationPolicy"
	k8s.text(object, ["spec", "action"]) == "CUSTOM"
} else := {kind} if {
	kind in {"AuthPolicy", "SecurityPolicy"}
	demands(kind, object)
} else := {kind} if not kind in {"AuthPolicy", "SecurityPolicy"}

# demands: a request without credentials is rejected.
demands("SecurityPolicy", policy) if {
	some field in ["apiKeyAuth", "basicAuth", "extAuth", "oidc"]
	k8s.get(policy, ["spec", field], null) != null
}

demands("SecurityPolicy", policy) if {
	k8s.get(policy, ["spec", "jwt"], null) != null
	k8s.get(policy, ["spec", "jwt", "optional"], false) != true
}

demands("AuthPolicy", policy) if {
	some place in [["spec"], ["spec", "defaults"], ["spec", "overrides"]]
	rules := k8s.map(policy, array.concat(place, ["rules", "authentication"]))
	count(rules) > 0
	every rule in rules {
		k8s.get(rule, "anonymous", null) == null
	}
}

# identity_routes: the HTTPRoutes that have such a policy of their own.
identity_routes contains json.marshal([k8s.namespace(set.at(i)), k8s.text(reference, "name")]) if {
	some [group, kind] in [["kuadrant.io", "AuthPolicy"], ["gateway.envoyproxy.io", "SecurityPolicy"]]
	some i in set.all(group, kind)
	demands(kind, set.at(i))
	some reference in references(set.at(i))
	k8s.text(reference, "kind") == "HTTPRoute"
}

policy_targets(object) := referenced_gateways(object) | selected_gateways(object) | policy_namespaces(object)

references(object) := array.concat(
	k8s.list(object, ["spec", "targetRefs"]),
	[reference | reference := k8s.map(object, ["spec", "targetRef"]); reference != {}],
)

referenced_gateways(object) := {key |
	some reference in references(object)
	key := gateways.referenced(reference, k8s.namespace(object))
}

selected_gateways(object) := {json.marshal([k8s.namespace(object), name]) |
	name := k8s.get(object, ["spec", "selector", "matchLabels", "gateway.networking.k8s.io/gateway-name"], null)
	is_string(name)
}

# Without selector and targets a policy applies to its whole namespace.
policy_namespaces(object) := {json.marshal([k8s.namespace(object)])} if {
	k8s.group(object) == "security.istio.io"
	k8s.get(object, ["spec", "selector"], null) == null
	k8s.get(object, ["spec", "targetRefs"], null) == null
	k8s.get(object, ["spec", "targetRef"], null) == null
} else := set()
