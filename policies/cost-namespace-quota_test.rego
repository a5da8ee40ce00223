package main

import data.lib.testing
import rego.v1

quota_namespace := {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n"}}

tpu_pod := testing.pod({"containers": [{"name": "c", "resources": {"limits": {"google.com/tpu": "4"}}}]})

quota_for(resource) := {
	"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q", "namespace": "n"},
	"spec": {"hard": {resource: "4"}},
}

quota_findings(objects) := testing.about(results, "cost-namespace-quota") if {
	results := warn with input as testing.set(objects)
}

test_cost_namespace_quota_finds_a_namespace_without if {
	quota_findings([quota_namespace, tpu_pod]) == {["Namespace", "n", ["metadata", "name"]]}
	quota_findings([quota_namespace, tpu_pod, quota_for("requests.cpu")]) == {["Namespace", "n", ["metadata", "name"]]}
}

test_cost_namespace_quota_leaves_others_alone if {
	quota_findings([quota_namespace, tpu_pod, quota_for("requests.google.com/tpu")]) == set()
	quota_findings([tpu_pod]) == set()
	quota_findings([quota_namespace, testing.pod({"containers": [{"name": "c"}]})]) == set()
	quota_findings([quota_namespace, tpu_pod, quota_queue]) == set()
}

quota_queue := {"apiVersion": "kueue.x-k8s.io/v1beta1", "kind": "LocalQueue", "metadata": {"name": "q", "namespace": "n"}}
