package main

import data.lib.testing
import rego.v1

injection_findings(labels, spec) := testing.about(results, "istio-injection-vs-kserve-tls") if {
	results := warn with input as testing.set([namespace_labelled(labels), testing.service(spec)])
}

test_istio_injection_vs_kserve_tls_reads_the_labels if {
	injection_findings({"istio-injection": "enabled"}, {}) == {["Namespace", "n", ["metadata", "labels", "istio-injection"]]}
	injection_findings({"istio.io/rev": "default"}, {}) == {["Namespace", "n", ["metadata", "labels", "istio.io/rev"]]}
	injection_findings({"istio-injection": "disabled", "istio.io/rev": "default"}, {}) == set()
	injection_findings({}, {}) == set()
}

test_istio_injection_vs_kserve_tls_accepts_pods_that_opt_out if {
	out := {"sidecar.istio.io/inject": "false"}
	injection_findings({"istio-injection": "enabled"}, {"labels": out, "router": {"scheduler": {"labels": out}}}) == set()
	count(injection_findings({"istio-injection": "enabled"}, {"labels": out, "router": {"scheduler": {}}})) == 1
}

with_ports_left_out(ports) := testing.about(results, "istio-injection-vs-kserve-tls") if {
	istio := {
		"apiVersion": "sailoperator.io/v1",
		"kind": "Istio",
		"metadata": {"name": "default"},
		"spec": {"values": {"global": {"proxy": {"excludeInboundPorts": ports}}}},
	}
	results := warn with input as testing.set([
		namespace_labelled({"istio-injection": "enabled"}), testing.service({}), istio,
	])
}

test_istio_injection_vs_kserve_tls_accepts_ports_that_are_left_out if {
	with_ports_left_out("9002, 8000") == set()
	count(with_ports_left_out("8000")) == 1
	count(with_ports_left_out("80009002")) == 1
}
