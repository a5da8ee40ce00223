package main

import data.lib.testing
import rego.v1

owned_findings(object) := testing.about(results, "kserve-controller-owned") if {
	results := deny with input as testing.set([testing.service({}), object])
}

core_object(kind, name, namespace) := {"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": namespace}}

test_kserve_controller_owned_knows_the_names if {
	owned_findings(core_object("Service", "m-kserve-workload-svc", "n")) == {["Service", "m-kserve-workload-svc", ["metadata", "name"]]}
	count(owned_findings(core_object("Secret", "m-kserve-self-signed-certs", "n"))) == 1
	owned_findings(core_object("Service", "m-kserve-workload-svc", "other")) == set()
	owned_findings(core_object("Service", "m-debug", "n")) == set()
}

test_kserve_controller_owned_knows_the_labels if {
	labels := {"kserve.io/component": "workload", "app.kubernetes.io/part-of": "llminferenceservice", "app.kubernetes.io/name": "m"}
	owned_findings({
		"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d", "namespace": "n"},
		"spec": {"template": {"metadata": {"labels": labels}}},
	}) == {["Deployment", "d", ["spec", "template", "metadata", "labels", "kserve.io/component"]]}
}
