package main

import data.lib.testing
import rego.v1

clean_findings(object) := testing.paths(results, "gitops-clean-objects") if {
	results := deny with input as object
}

with_metadata(metadata) := {"apiVersion": "v1", "kind": "ConfigMap", "metadata": object.union({"name": "o"}, metadata)}

test_gitops_clean_objects_finds_what_the_server_writes if {
	clean_findings(with_metadata({"uid": "x", "resourceVersion": "1", "creationTimestamp": null})) == {["metadata", "uid"], ["metadata", "resourceVersion"]}
	clean_findings(object.union(with_metadata({}), {"status": {"ready": true}})) == {["status"]}
	clean_findings(object.union(with_metadata({}), {"status": {}})) == set()
	key := "kubectl.kubernetes.io/last-applied-configuration"
	clean_findings(with_metadata({"annotations": {key: "{}"}})) == {["metadata", "annotations", key]}
}

test_gitops_clean_objects_wants_text if {
	clean_findings(with_metadata({"labels": {"a": true}, "annotations": {"b": 3, "c": "3"}})) == {["metadata", "labels", "a"], ["metadata", "annotations", "b"]}
	clean_findings({
		"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"},
		"spec": {"template": {"metadata": {"labels": {"v": 1}}, "spec": {}}},
	}) == {["spec", "template", "metadata", "labels", "v"]}
}

test_gitops_clean_objects_finds_templates if {
	clean_findings(with_metadata({"namespace": "{{ .Release.Namespace }}"})) == {["metadata", "namespace"]}
	clean_findings(testing.pod({"containers": [{"name": "a", "image": "{{ .Values.image }}"}]})) == {["spec", "containers", 0, "image"]}
	results := warn with input as with_metadata({"labels": {"a": "${VERSION}"}})
	testing.paths(results, "gitops-clean-objects") == {["metadata", "labels", "a"]}
}
