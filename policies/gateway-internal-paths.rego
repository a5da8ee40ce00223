package main

import data.lib.kubernetes as k8s
import data.lib.models
import data.lib.set
import rego.v1

# METADATA
# title: A public route exposes management endpoints of a model server.
# description: >-
#   Judged for HTTPRoutes that lead from a public Gateway to a model. The route that KServe makes by
#   itself ends in a rule for every path below /<namespace>/<name>; it is not judged.
# custom:
#   severity: warning
#   scope: set
#   kinds: HTTPRoute
warn contains {"id": "gateway-internal-paths", "msg": msg, "path": found.path, "object": set.about(i)} if {
	some i in data.lib.models.public_routes
	some found in model_paths(set.at(i))
	some opened in internal_path(found.type, found.value)
	msg := sprintf("%s makes %s of the model server public", [k8s.name(set.at(i)), opened])
}

# model_paths: what a route matches in rules that lead to models. Without a match, every path.
model_paths(route) := [found |
	some n, rule in k8s.list(route, ["spec", "rules"])
	models.serves(rule)
	some found in rule_paths(n, rule)
]

rule_paths(n, rule) := [{"type": "PathPrefix", "value": "/", "path": ["spec", "rules", n]}] if {
	count(k8s.list(rule, "matches")) == 0
} else := [{"type": type, "value": value, "path": array.concat(["spec", "rules", n, "matches", m], ["path", "value"])} |
	some m, match in k8s.list(rule, "matches")
	type := k8s.get(match, ["path", "type"], "PathPrefix")
	value := k8s.get(match, ["path", "value"], "/")
	is_string(value)
]

internal_path("PathPrefix", "/") := {"every endpoint"}

internal_path(type, value) := {value} if {
	type in {"PathPrefix", "Exact"}
	regex.match(`/(metrics|docs|redoc|openapi\.json|sleep|wake_up|is_sleeping|collective_rpc|reset_prefix_cache|server_info|v1/load_lora_adapter|v1/unload_lora_adapter)/?$`, value)
}
