# Gateways, what is attached to them, and who can reach them.
package lib.gateways

import data.lib.kubernetes as k8s
import data.lib.set
import rego.v1

all := set.all("gateway.networking.k8s.io", "Gateway")

routes := set.all("gateway.networking.k8s.io", "HTTPRoute")

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

private(gateway) if {
	regex.match(`rilb|internal|waypoint|cross-regional-internal|mesh`, k8s.text(gateway, ["spec", "gatewayClassName"]))
}

# attached: indexes of the HTTPRoutes whose parentRefs name this Gateway (and listener, if they name
# one), and which the listener admits from where they are.
attached(gateway, listener) := {i |
	some i in routes
	some parent in k8s.list(set.at(i), ["spec", "parentRefs"])
	names(parent, k8s.namespace(set.at(i)), gateway)
	k8s.text(parent, "sectionName") in {"", listener}
	admits(gateway, listener, set.at(i))
}

# admits: by namespace; without a word on it only the Gateway's own is.
admits(gateway, _, route) if k8s.namespace(route) == k8s.namespace(gateway)

admits(gateway, name, _) if {
	some listener in k8s.list(gateway, ["spec", "listeners"])
	k8s.text(listener, "name") == name
	k8s.get(listener, ["allowedRoutes", "namespaces", "from"], "Same") != "Same"
}

# names: a reference from an object of this namespace names the Gateway.
names(reference, namespace, gateway) if {
	k8s.text(reference, "name") == k8s.name(gateway)
	k8s.get(reference, "kind", "Gateway") == "Gateway"
	k8s.get(reference, "namespace", namespace) == k8s.namespace(gateway)
}

# services: indexes of the LLMInferenceServices whose generated routes may attach to this Gateway.
services(gateway) := {i |
	some i in data.lib.set.services
	k8s.get(set.at(i), ["spec", "router", "route"], null) != null
	references := k8s.list(set.at(i), ["spec", "router", "gateway", "refs"])
	may_use(references, k8s.namespace(set.at(i)), gateway)
}

# Without references the route goes to the gateway of the installation.
may_use(references, _, _) if count(references) == 0

may_use(references, namespace, gateway) if {
	some reference in references
	names(reference, namespace, gateway)
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
