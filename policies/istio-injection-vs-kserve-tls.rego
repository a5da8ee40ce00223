package main

import data.lib.kubernetes as k8s
import data.lib.set
import rego.v1

# METADATA
# title: Istio injects sidecars into Pods that serve KServe TLS.
# description: >-
#   Nothing is wrong where Istio leaves the ports out that KServe serves TLS on: 8000 and 9002 in
#   values.global.proxy.excludeInboundPorts of the Istio object.
# custom:
#   severity: warning
#   scope: set
#   kinds: LLMInferenceService
warn contains {"id": "istio-injection-vs-kserve-tls", "msg": msg, "path": path, "object": set.about(i)} if {
	some name, indexes in data.lib.set.namespaces
	some i in indexes
	set.meshed(set.at(i))
	injected := sort(injected_services[name])
	not ports_left_out
	msg := sprintf("pods of %s get a sidecar and use KServe TLS", [concat(", ", injected)])
	path := ["metadata", "labels", injection_label(set.at(i))]
}

injected_services[namespace] contains k8s.name(service) if {
	some i in data.lib.set.services
	service := set.at(i)
	namespace := k8s.namespace(service)
	not opts_out(service)
}

ports_left_out if {
	some i in set.all("sailoperator.io", "Istio")
	listed := k8s.text(set.at(i), ["spec", "values", "global", "proxy", "excludeInboundPorts"])
	ports := {trim_space(port) | some port in split(listed, ",")}
	{"8000", "9002"} - ports == set()
}

injection_label(namespace) := "istio-injection" if {
	k8s.text(k8s.labels(namespace), "istio-injection") == "enabled"
} else := "istio.io/rev"

opts_out(service) if {
	k8s.text(service, ["spec", "labels", "sidecar.istio.io/inject"]) == "false"
	scheduler_opts_out(service)
}

scheduler_opts_out(service) if k8s.get(service, ["spec", "router", "scheduler"], null) == null

scheduler_opts_out(service) if {
	k8s.text(service, ["spec", "router", "scheduler", "labels", "sidecar.istio.io/inject"]) == "false"
}
