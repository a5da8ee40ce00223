package main

import data.lib.facts
import data.lib.kubernetes as k8s
import data.lib.set
import rego.v1

# METADATA
# title: The cluster accepts NetworkPolicies but does not enforce them.
# description: >-
#   Judged on the ContainerCluster of the set, or on `profile.networkPolicyEnforced` and
#   `profile.fqdnNetworkPolicy` where the cluster is not part of it.
# custom:
#   severity: error
#   scope: set
#   kinds: NetworkPolicy, FQDNNetworkPolicy
deny contains {"id": "net-enforced-by-cluster", "msg": msg, "path": ["spec", "datapathProvider"], "object": set.about(i)} if {
	count(set.all("networking.k8s.io", "NetworkPolicy")) > 0
	some i in clusters_of_set
	not enforces_policies(set.at(i))
	msg := sprintf("cluster %s does not enforce the NetworkPolicies of this set", [k8s.name(set.at(i))])
}

deny contains {"id": "net-enforced-by-cluster", "msg": msg, "path": ["spec", "enableFqdnNetworkPolicy"], "object": set.about(i)} if {
	count(set.all("networking.gke.io", "FQDNNetworkPolicy")) > 0
	some i in clusters_of_set
	k8s.get(set.at(i), ["spec", "enableFqdnNetworkPolicy"], false) != true
	msg := sprintf("cluster %s does not enforce the FQDNNetworkPolicies of this set", [k8s.name(set.at(i))])
}

deny contains {"id": "net-enforced-by-cluster", "msg": msg, "path": [], "object": set.about(i)} if {
	count(clusters_of_set) == 0
	some [group, kind, fact] in [
		["networking.k8s.io", "NetworkPolicy", "networkPolicyEnforced"],
		["networking.gke.io", "FQDNNetworkPolicy", "fqdnNetworkPolicy"],
	]
	k8s.get(data.lib.facts.profile, fact, null) == false
	some i in set.all(group, kind)
	msg := sprintf("the cluster does not enforce %s objects", [kind])
}

clusters_of_set := set.all("container.cnrm.cloud.google.com", "ContainerCluster")

enforces_policies(cluster) if k8s.text(cluster, ["spec", "datapathProvider"]) == "ADVANCED_DATAPATH"

enforces_policies(cluster) if k8s.get(cluster, ["spec", "networkPolicy", "enabled"], false) == true

enforces_policies(cluster) if k8s.get(cluster, ["spec", "enableAutopilot"], false) == true
