package main

import data.lib.testing
import rego.v1

workload_identity_findings(object) := testing.about(results, "kserve-workload-identity") if {
	results := warn with input as testing.set([object])
}

test_kserve_workload_identity_reads_the_cluster if {
	workload_identity_findings(container_cluster({})) == {["ContainerCluster", "c", ["spec", "workloadIdentityConfig", "workloadPool"]]}
	workload_identity_findings(container_cluster({"workloadIdentityConfig": {"workloadPool": "p.svc.id.goog"}})) == set()
	workload_identity_findings(container_cluster({"enableAutopilot": true})) == set()
}

test_kserve_workload_identity_reads_the_node_pool if {
	account := {"serviceAccountRef": {"external": "nodes@p.iam.gserviceaccount.com"}}
	workload_identity_findings(tpu_pool({})) == {["ContainerNodePool", "tpu", ["spec", "nodeConfig", "serviceAccountRef"]]}
	workload_identity_findings(tpu_pool({"nodeConfig": account})) == set()
	workload_identity_findings(tpu_pool({"nodeConfig": object.union(account, {"workloadMetadataConfig": {"mode": "GCE_METADATA"}})})) == {["ContainerNodePool", "tpu", ["spec", "nodeConfig", "workloadMetadataConfig", "mode"]]}
}
