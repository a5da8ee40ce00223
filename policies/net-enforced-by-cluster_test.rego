package main

import data.lib.testing
import rego.v1

container_cluster(spec) := {
	"apiVersion": "container.cnrm.cloud.google.com/v1beta1", "kind": "ContainerCluster",
	"metadata": {"name": "c", "namespace": "infra"}, "spec": spec,
}

enforced_findings(objects) := testing.about(results, "net-enforced-by-cluster") if {
	results := deny with input as testing.set(objects)
}

test_net_enforced_by_cluster_reads_the_cluster if {
	enforced_findings([container_cluster({}), network_policy({})]) == {["ContainerCluster", "c", ["spec", "datapathProvider"]]}
	enforced_findings([container_cluster({"datapathProvider": "ADVANCED_DATAPATH"}), network_policy({})]) == set()
	enforced_findings([container_cluster({"networkPolicy": {"enabled": true}}), network_policy({})]) == set()
	enforced_findings([container_cluster({"enableAutopilot": true}), network_policy({})]) == set()
	enforced_findings([container_cluster({})]) == set()
}

test_net_enforced_by_cluster_reads_the_fqdn_switch if {
	policy := {"apiVersion": "networking.gke.io/v1alpha1", "kind": "FQDNNetworkPolicy", "metadata": {"name": "f"}}
	enforced_findings([container_cluster({}), policy]) == {["ContainerCluster", "c", ["spec", "enableFqdnNetworkPolicy"]]}
	enforced_findings([container_cluster({"enableFqdnNetworkPolicy": true}), policy]) == set()
}

test_net_enforced_by_cluster_reads_the_profile if {
	results := deny with input as testing.set([network_policy({})]) with data.stackgen as testing.profile({"networkPolicyEnforced": false})
	count(testing.about(results, "net-enforced-by-cluster")) == 1
}
