# Gateways, what is attached to them, and who can reach them.
package lib.gateways

import data.lib.kubernetes as k8s
import data.lib.set
import rego.v1

all := set.all("gateway.networking.k8s.io", "Gateway")

# routes: HTTPRoutes, and AIGatewayRoutes, of which Envoy AI Gateway makes HTTPRoutes of the same name.
routes contains i if some i in set.all("gateway.networking.k8s.io", "HTTPRoute")

routes contains i if some i in set.all("aigateway.envoyproxy.io", "AIGatewayRoute")

# public: indexes of the Gateways with an address outside the cluster and its network.
public := {i |
	some i in all
	not private(set.at(i))
}

# private: the load balancer is internal, there is none, or the Gateway is not an entry at all.
private(gateway) if {
	some annotations in [k8s.annotations(gateway), k8s.map(gateway, ["spec", "infrastructure", "annotations"])]
	some key in ["networking.gke.io/load-balancer-type", "cloud.google.com/load-balancer-type"]
	k8s.text(annotations, key) == "Internal"
}

private(gateway) if {
	some annotations in [k8s.annotations(gateway), k8s.map(gateway, ["spec", "infrastructure", "annotations"])]
	k8s.text(annotations, "networking.istio.io/service-type") in {"ClusterIP", "NodePort"}
}

# An address of a private network that the Gateway, or the load balancer of the cluster, is given.
private(gateway) if {
	given := concat(",", array.concat(
		[address | some address in k8s.map(gateway, ["spec", "infrastructure", "annotations"]); is_string(address)],
		[k8s.text(one, "value") | some one in k8s.list(gateway, ["spec", "addresses"])],
	))
	regex.match(`(^|[^0-9.])(10\.[0-9]+|192\.168|172\.(1[6-9]|2[0-9]|3[01]))\.[0-9]+\.[0-9]+`, given)
}

private(gateway) if {
	regex.match(`rilb|internal|waypoint|cross-regional-internal|mesh`, k8s.text(gateway, ["spec", "gatewayClassName"]))
}

# Settings of the load balancer may be in an object that the Gateway names. What is not in the set is
# not known to be public.
private(gateway) if {
	some key in parameters(gateway)
	not key in data.lib.gateways.outward
}

# parameters: the key of the object that a Gateway names for the settings of its load balancer, or else
# of the object that its GatewayClass names.
parameters(gateway) := {parameters_key(own, k8s.namespace(gateway))} if {
	own := k8s.map(gateway, ["spec", "infrastructure", "parametersRef"])
	count(own) > 0
} else := {key |
	some i in set.all("gateway.networking.k8s.io", "GatewayClass")
	k8s.name(set.at(i)) == k8s.text(gateway, ["spec", "gatewayClassName"])
	own := k8s.map(set.at(i), ["spec", "parametersRef"])
	k8s.text(own, "kind") == "EnvoyProxy"
	key := parameters_key(own, k8s.text(own, "namespace"))
}

parameters_key(reference, namespace) := json.marshal([k8s.text(reference, "kind"), namespace, k8s.text(reference, "name")])

# outward: the keys of the EnvoyProxies of Envoy Gateway, and of the ConfigMaps of Istio, that do not make
# the load balancer internal.
outward := {json.marshal(["EnvoyProxy", k8s.namespace(set.at(i)), k8s.name(set.at(i))]) |
	some i in set.all("gateway.envoyproxy.io", "EnvoyProxy")
	not inward(k8s.map(set.at(i), ["spec", "provider", "kubernetes", "envoyService"]))
} | {json.marshal(["ConfigMap", k8s.namespace(set.at(i)), k8s.name(set.at(i))]) |
	some i in set.all("", "ConfigMap")
	service := k8s.text(set.at(i), ["data", "service"])
	not regex.match(`load-balancer-type["']?: *["']?Internal|type["']?: *["']?(ClusterIP|NodePort)`, service)
}

inward(service) if k8s.text(service, "type") in {"ClusterIP", "NodePort"}

inward(service) if {
	some key in ["networking.gke.io/load-balancer-type", "cloud.google.com/load-balancer-type"]
	k8s.text(service, ["annotations", key]) == "Internal"
}

# key_of: what a Gateway is found by. To compare each route with each Gateway takes too long.
key_of(gateway) := json.marshal([k8s.namespace(gateway), k8s.name(gateway)])

# keys: of the Gateways of the set.
keys contains key_of(set.at(i)) if some i in all

# named: indexes of the Gateways, by their key. Variants of a deployment have one of the same name each.
named[key] contains i if {
	some i in all
	key := key_of(set.at(i))
}

# referenced: the key of the Gateway that a reference names, from an object of this namespace.
referenced(reference, namespace) := placed(space, k8s.text(reference, "name")) if {
	k8s.get(reference, "kind", "Gateway") == "Gateway"
	space := k8s.get(reference, "namespace", namespace)
}

# placed: a file may leave out the namespace of its Gateway, which the delivery sets.
placed(space, name) := json.marshal(["", name]) if {
	json.marshal(["", name]) in keys
	not json.marshal([space, name]) in keys
}

else := json.marshal([space, name])

# referring: indexes of the HTTPRoutes whose parentRefs name a Gateway, by its key.
referring[key] contains i if {
	some i in routes
	some parent in k8s.list(set.at(i), ["spec", "parentRefs"])
	key := referenced(parent, k8s.namespace(set.at(i)))
}

# leading: those of them that do more than redirect.
leading[key] contains i if {
	some key, indexes in referring
	some i in indexes
	not i in redirecting
}

redirecting contains i if {
	some i in routes
	redirects(set.at(i))
}

# attachments: the ways in which routes attach: the key of the Gateway, the listener that they name or
# "", whether they are in the namespace of the Gateway, and whether they only redirect.
attachments contains json.marshal([key, section, own, i in redirecting]) if {
	some i in routes
	namespace := k8s.namespace(set.at(i))
	some parent in k8s.list(set.at(i), ["spec", "parentRefs"])
	key := referenced(parent, namespace)
	section := k8s.text(parent, "sectionName")
	own := namespace in {"", k8s.get(parent, "namespace", namespace)}
}

# attached: an HTTPRoute names the Gateway with this key (and the listener, if it names one), and the
# listener admits it from where it is. open: whether the listener admits other namespaces than that of
# its Gateway. redirecting: whether the route only redirects.
attached(key, listener, open, redirecting) if {
	some section in {"", listener}
	some own in ({true} | {own | open; own := false})
	json.marshal([key, section, own, redirecting]) in attachments
}

# solving: the key of each Gateway, and the listener or "", to which issuers of cert-manager attach routes.
solving contains json.marshal([key, k8s.text(parent, "sectionName")]) if {
	some kind in ["Issuer", "ClusterIssuer"]
	some i in set.all("cert-manager.io", kind)
	some solver in k8s.list(set.at(i), ["spec", "acme", "solvers"])
	some parent in k8s.list(solver, ["http01", "gatewayHTTPRoute", "parentRefs"])
	key := referenced(parent, k8s.namespace(set.at(i)))
}

# open_listeners: names of the listeners that admit routes of other namespaces. By default a listener
# admits those of the namespace of its Gateway only.
open_listeners(gateway) := {k8s.text(listener, "name") |
	some listener in k8s.list(gateway, ["spec", "listeners"])
	k8s.get(listener, ["allowedRoutes", "namespaces", "from"], "Same") != "Same"
}

# using: indexes of the LLMInferenceServices whose generated routes may attach to a Gateway, by its key.
using[key] contains i if {
	some i in routed_services
	some reference in k8s.list(set.at(i), ["spec", "router", "gateway", "refs"])
	key := referenced(reference, k8s.namespace(set.at(i)))
}

# using_any: those without references. Their routes go to the Gateway of the installation.
using_any contains i if {
	some i in routed_services
	count(k8s.list(set.at(i), ["spec", "router", "gateway", "refs"])) == 0
}

routed_services contains i if {
	some i in data.lib.set.services
	k8s.get(set.at(i), ["spec", "router", "route"], null) != null
}

# services: how many LLMInferenceServices may attach to the Gateway with this key.
services(key) := object.get(numbers.using, key, 0) + count(using_any)

# numbers: how many Gateways, services and routes there are for each key. Only a comprehension is empty, and not
# undefined, in both engines when there is nothing.
numbers := {
	"named": {key: count(indexes) | some key, indexes in data.lib.gateways.named},
	"leading": {key: count(indexes) | some key, indexes in data.lib.gateways.leading},
	"using": {key: count(indexes) | some key, indexes in data.lib.gateways.using},
}

# redirects: every rule of the route only sends the client to HTTPS.
redirects(route) if {
	rules := k8s.list(route, ["spec", "rules"])
	count(rules) > 0
	every rule in rules {
		some filter in k8s.list(rule, "filters")
		k8s.text(filter, "type") == "RequestRedirect"
		k8s.text(filter, ["requestRedirect", "scheme"]) == "https"
	}
}
