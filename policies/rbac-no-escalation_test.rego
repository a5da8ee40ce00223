package main

import data.lib.testing
import rego.v1

escalation_findings(kind, rule) := testing.paths(results, "rbac-no-escalation") if {
	results := deny with input as role(kind, [rule])
}

test_rbac_no_escalation_finds_verbs_and_resources if {
	escalation_findings("Role", {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles"], "verbs": ["get", "bind"]}) == {["rules", 0, "verbs", 1]}
	escalation_findings("Role", {"apiGroups": [""], "resources": ["pods", "pods/exec"], "verbs": ["create"]}) == {["rules", 0, "resources", 1]}
	escalation_findings("ClusterRole", {"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}) == {["rules", 0, "resources", 0]}
}

test_rbac_no_escalation_accepts_the_rest if {
	escalation_findings("Role", {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}) == set()
	escalation_findings("ClusterRole", {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["a"], "verbs": ["get"]}) == set()
	escalation_findings("ClusterRole", {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}) == set()
}
