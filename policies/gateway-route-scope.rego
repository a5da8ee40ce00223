package main

import data.lib.gateways
import data.lib.kubernetes as k8s
import data.lib.set
import rego.v1

# METADATA
# title: A route matches requests for other models.
# custom:
#   severity: warning
#   scope: set
#   kinds: HTTPRoute
warn contains {"id": "gateway-route-scope", "msg": msg, "path": path, "object": set.about(i)} if {
	some i in gateways.routes
	count(k8s.list(set.at(i), ["spec", "hostnames"])) == 0
	not gateways.redirects(set.at(i))
	shared_gateway_of(i)
	some found in prefixes(set.at(i))
	found.prefix == "/"
	msg := sprintf("%s matches every path of a shared Gateway", [k8s.name(set.at(i))])
	path := found.path
}

warn contains {"id": "gateway-route-scope", "msg": msg, "path": found.path, "object": set.about(i)} if {
	some i in gateways.routes
	some found in prefixes(set.at(i))
	some s in set.services
	service := set.at(s)
	k8s.get(service, ["spec", "router", "route"], null) != null
	count(k8s.list(service, ["spec", "router", "route", "http", "refs"])) == 0
	trim_suffix(found.prefix, "/") == sprintf("/%s/%s", [k8s.namespace(service), k8s.name(service)])
	msg := sprintf("%s has the path prefix of the route that KServe creates for %s", [
		k8s.name(set.at(i)), k8s.name(service),
	])
}

# What the server answers about itself is not a prompt to schedule.
warn contains {"id": "gateway-route-scope", "msg": msg, "path": path, "object": set.about(i)} if {
	some i in gateways.routes
	some n, rule in k8s.list(set.at(i), ["spec", "rules"])
	some backend in k8s.list(rule, "backendRefs")
	k8s.text(backend, "kind") == "InferencePool"
	some m, match in k8s.list(rule, "matches")
	value := k8s.text(match, ["path", "value"])
	regex.match(`/(health|v1/models|metrics)/?$`, value)
	msg := sprintf("%s uses an InferencePool, which serves only prompts", [value])
	path := ["spec", "rules", n, "matches", m, "path", "value"]
}

prefixes(route) := [found |
	some n, rule in k8s.list(route, ["spec", "rules"])
	some found in rule_prefixes(rule, ["spec", "rules", n])
]

# A rule without matches, or a match without a path, takes every path.
rule_prefixes(rule, path) := [{"prefix": "/", "path": path}] if {
	count(k8s.list(rule, "matches")) == 0
} else := [{"prefix": value, "path": array.concat(path, ["matches", m, "path", "value"])} |
	some m, match in k8s.list(rule, "matches")
	k8s.get(match, ["path", "type"], "PathPrefix") == "PathPrefix"
	count(k8s.list(match, "headers")) == 0
	value := k8s.get(match, ["path", "value"], "/")
	is_string(value)
]

shared_gateway_of(i) if {
	some parent in k8s.list(set.at(i), ["spec", "parentRefs"])
	some g in data.lib.gateways.all
	gateways.names(parent, k8s.namespace(set.at(i)), set.at(g))
	others := ({r |
		some r in data.lib.gateways.routes
		some reference in k8s.list(set.at(r), ["spec", "parentRefs"])
		gateways.names(reference, k8s.namespace(set.at(r)), set.at(g))
		not gateways.redirects(set.at(r))
	} | gateways.services(set.at(g))) - {i}
	count(others) > 0
}
