package main

import data.lib.facts
import data.lib.kubernetes as k8s
import data.lib.models
import data.lib.set
import rego.v1

# METADATA
# title: A public model has no limit per client.
# description: >-
#   Judged for HTTPRoutes from a public Gateway to a model. Counted as a bound: a timeout in the
#   rule, and for the Gateway an EnvoyFilter with a rate limit, or a policy of another API that
#   targets it.
# custom:
#   severity: info
#   scope: set
#   kinds: HTTPRoute
warn contains {"id": "gateway-rate-limit", "msg": msg, "path": ["spec", "rules", n, "timeouts"], "object": set.about(i)} if {
	data.lib.facts.stage != "dev"
	some i in data.lib.models.public_routes
	some n, rule in k8s.list(set.at(i), ["spec", "rules"])
	models.serves(rule)
	not bounded(rule)
	not limited
	msg := sprintf("%s sets no request timeout for any client", [k8s.name(set.at(i))])
}

bounded(rule) if {
	some field in ["request", "backendRequest"]
	not k8s.text(rule, ["timeouts", field]) in {"", "0s", "0"}
}

# A rate limit somewhere is taken for one on the way: which proxies a filter is for is not followed.
limited if {
	some i in set.all("networking.istio.io", "EnvoyFilter")
	regex.match(`ratelimit|rate_limit`, json.marshal(set.at(i)))
}

limited if {
	some kind in ["BackendTrafficPolicy", "RateLimitPolicy", "TokenRateLimitPolicy", "GCPBackendPolicy"]
	count(object.get(data.lib.set.of_kind, kind, set())) > 0
}
