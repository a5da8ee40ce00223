package main

import data.lib.testing
import rego.v1

namespace_labelled(labels) := {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n", "labels": labels}}

psa_findings(labels, others) := testing.about(results, "pods-psa-labels") if {
	results := warn with input as testing.set(array.concat([namespace_labelled(labels)], others))
}

test_pods_psa_labels_wants_a_level if {
	path := ["metadata", "labels", "pod-security.kubernetes.io/enforce"]
	psa_findings({}, [testing.pod({})]) == {["Namespace", "n", path]}
	psa_findings({"pod-security.kubernetes.io/enforce": "privileged"}, [testing.pod({})]) == {["Namespace", "n", path]}
	psa_findings({"pod-security.kubernetes.io/enforce": "baseline"}, [testing.pod({})]) == set()
}

test_pods_psa_labels_leaves_namespaces_without_workloads if psa_findings({}, []) == set()
