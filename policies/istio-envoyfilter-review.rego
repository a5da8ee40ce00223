package main

import data.lib.kubernetes as k8s
import rego.v1

# METADATA
# title: An EnvoyFilter changes the proxy configuration that Istio generates.
# custom:
#   severity: error
#   scope: file
#   kinds: EnvoyFilter
deny contains {"id": "istio-envoyfilter-review", "msg": msg, "path": ["metadata", "annotations", "stackgen.dev/waiver"]} if {
	input.kind == "EnvoyFilter"
	k8s.group(input) == "networking.istio.io"
	k8s.text(k8s.annotations(input), "stackgen.dev/waiver") == ""
	msg := sprintf("EnvoyFilter %s has no recorded reason", [k8s.name(input)])
}

deny contains {"id": "istio-envoyfilter-review", "msg": msg, "path": path} if {
	some i, patch in envoy_patches
	route := k8s.text(patch, ["match", "routeConfiguration", "vhost", "route", "name"])
	regex.match(`\.[0-9]+$`, route)
	msg := sprintf("the route name %s is generated: its number changes with the rules of the HTTPRoute", [route])
	path := ["spec", "configPatches", i, "match", "routeConfiguration", "vhost", "route", "name"]
}

deny contains {"id": "istio-envoyfilter-review", "msg": msg, "path": path} if {
	some i, patch in envoy_patches
	k8s.text(patch, ["patch", "operation"]) == "MERGE"
	some field in ["typed_per_filter_config", "typedPerFilterConfig"]
	k8s.get(patch, ["patch", "value", field], null) != null
	msg := "MERGE does not apply inside typed_per_filter_config: existing values are lost or kept without notice"
	path := ["spec", "configPatches", i, "patch", "value", field]
}

deny contains {"id": "istio-envoyfilter-review", "msg": msg, "path": path} if {
	some i, patch in envoy_patches
	k8s.text(patch, "applyTo") == "HTTP_FILTER"
	k8s.text(patch, ["patch", "value", "name"]) == "envoy.filters.http.ext_proc"
	k8s.map(input, ["spec", "workloadSelector"]) == {}
	count(k8s.list(input, ["spec", "targetRefs"])) == 0
	msg := "external processing is added to every proxy of the namespace"
	path := ["spec", "configPatches", i, "patch", "value"]
}

envoy_patches := k8s.list(input, ["spec", "configPatches"]) if {
	input.kind == "EnvoyFilter"
	k8s.group(input) == "networking.istio.io"
} else := []
