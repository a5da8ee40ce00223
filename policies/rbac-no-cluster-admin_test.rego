package main

import data.lib.testing
import rego.v1

binding_findings(role_name, subjects) := testing.paths(results, "rbac-no-cluster-admin") if {
	results := deny with input as {
		"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "b"},
		"roleRef": {"kind": "ClusterRole", "name": role_name}, "subjects": subjects,
	}
}

test_rbac_no_cluster_admin_finds_the_role_and_everybody if {
	binding_findings("cluster-admin", []) == {["roleRef", "name"]}
	binding_findings("view", [{"kind": "Group", "name": "system:unauthenticated"}]) == {["subjects", 0, "name"]}
	binding_findings("view", [{"kind": "Group", "name": "system:masters"}]) == {["subjects", 0, "name"]}
}

test_rbac_no_cluster_admin_accepts_the_rest if {
	binding_findings("system:auth-delegator", [{"kind": "ServiceAccount", "name": "epp"}]) == set()
	binding_findings("system:discovery", [{"kind": "Group", "name": "system:authenticated"}]) == set()
}
