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
	some i in data.lib.gateways.routes
	count(k8s.list(set.at(i), ["spec", "hostnames"])) == 0
	not i in data.lib.gateways.redirecting
	shared_gateway_of(i)
	some found in prefixes(set.at(i))
	found.prefix == "/"
	msg := sprintf("%s matches every path of a shared Gateway", [k8s.name(set.at(i))])
	path := found.path
}

warn contains {"id": "gateway-route-scope", "msg": msg, "path": found.path, "object": set.about(i)} if {
	some i in data.lib.gateways.routes
	some found in prefixes(set.at(i))
	some name in object.get(kserve_prefixes, trim_suffix(found.prefix, "/"), set())
	msg := sprintf("%s has the path prefix of the route that KServe creates for %s", [
		k8s.name(set.at(i)), name,
	])
}

# kserve_prefixes: the names of the services whose generated route has a path prefix.
kserve_prefixes[prefix] contains k8s.name(service) if {
	some i in data.lib.set.services
	service := set.at(i)
	k8s.get(service, ["spec", "router", "route"], null) != null
	count(k8s.list(service, ["spec", "router", "route", "http", "refs"])) == 0
	prefix := sprintf("/%s/%s", [k8s.namespace(service), k8s.name(service)])
}

# What the server answers about itself is not a prompt to schedule.
warn contains {"id": "gateway-route-scope", "msg": msg, "path": path, "object": set.about(i)} if {
	some i in data.lib.gateways.routes
	some n, rule in k8s.list(set.at(i), ["spec", "rules"])
	uses_pool(rule)
	some m, match in k8s.list(rule, "matches")
	value := k8s.text(match, ["path", "value"])
	regex.match(`/(health|v1/models|metrics)/?$`, value)
	msg := sprintf("%s uses an InferencePool, which serves only prompts", [value])
	path := ["spec", "rules", n, "matches", m, "path", "value"]
}

uses_pool(rule) if {
	some backend in k8s.list(rule, "backendRefs")
	k8s.text(backend, "kind") == "InferencePool"
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

# The route itself is one of those that lead on.
shared_gateway_of(i) if {
	some parent in k8s.list(set.at(i), ["spec", "parentRefs"])
	key := gateways.referenced(parent, k8s.namespace(set.at(i)))
	object.get(data.lib.gateways.numbers.named, key, 0) == 1
	object.get(data.lib.gateways.numbers.leading, key, 0) + gateways.services(key) > 1
}
