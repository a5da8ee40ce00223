package main

import data.lib.kubernetes as k8s
import data.lib.set
import rego.v1

# METADATA
# title: Pods can use the identity of their node.
# custom:
#   severity: warning
#   scope: set
#   kinds: ContainerCluster, ContainerNodePool
warn contains {"id": "kserve-workload-identity", "msg": msg, "path": path, "object": set.about(i)} if {
	some i in set.all("container.cnrm.cloud.google.com", "ContainerCluster")
	k8s.get(set.at(i), ["spec", "enableAutopilot"], false) != true
	path := ["spec", "workloadIdentityConfig", "workloadPool"]
	k8s.text(set.at(i), path) == ""
	msg := sprintf("cluster %s has no workload identity pool", [k8s.name(set.at(i))])
}

warn contains {"id": "kserve-workload-identity", "msg": msg, "path": path, "object": set.about(i)} if {
	pools := [j |
		some j in set.all("container.cnrm.cloud.google.com", "ContainerNodePool")
		k8s.map(set.at(j), ["spec", "nodeConfig", "serviceAccountRef"]) == {}
	]
	count(pools) > 0
	i := pools[0]
	path := ["spec", "nodeConfig", "serviceAccountRef"]
	names := sort([k8s.name(set.at(j)) | some j in pools])
	msg := sprintf("the nodes of %s run with the default service account", [concat(", ", names)])
}

warn contains {"id": "kserve-workload-identity", "msg": msg, "path": path, "object": set.about(i)} if {
	some i in set.all("container.cnrm.cloud.google.com", "ContainerNodePool")
	path := ["spec", "nodeConfig", "workloadMetadataConfig", "mode"]
	k8s.text(set.at(i), path) == "GCE_METADATA"
	msg := sprintf("pods on %s can reach the metadata server of the node", [k8s.name(set.at(i))])
}
