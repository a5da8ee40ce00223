package main

import data.lib.testing
import rego.v1

object_in(namespace, kind) := {"apiVersion": "v1", "kind": kind, "metadata": object.union({"name": "o"}, namespace)}

namespace_results(results) := testing.paths(results, "gitops-namespace-explicit")

test_gitops_namespace_explicit_refuses_the_system if {
	results := deny with input as object_in({"namespace": "kube-system"}, "ConfigMap")
	namespace_results(results) == {["metadata", "namespace"]}
}

test_gitops_namespace_explicit_warns_of_none_and_default if {
	none := warn with input as object_in({}, "Service")
	namespace_results(none) == {["metadata", "namespace"]}
	in_default := warn with input as object_in({"namespace": "default"}, "Service")
	namespace_results(in_default) == {["metadata", "namespace"]}
	own := warn with input as object_in({"namespace": "n"}, "Service")
	namespace_results(own) == set()
}

test_gitops_namespace_explicit_leaves_cluster_scoped_and_unknown_kinds if {
	cluster := warn with input as object_in({}, "Namespace")
	namespace_results(cluster) == set()
	unknown := warn with input as {"apiVersion": "example.com/v1", "kind": "Service", "metadata": {"name": "o"}}
	namespace_results(unknown) == set()
}
