package main

import data.lib.kubernetes as k8s
import data.lib.set
import rego.v1

# METADATA
# title: Istio CNI is installed, but the control plane is not configured for it.
# description: Judged for sailoperator.io. On OpenShift the platform's profile sets the value itself.
# custom:
#   severity: warning
#   scope: set
#   kinds: IstioCNI
warn contains {"id": "istio-cni-consistent", "msg": msg, "path": ["spec", "values", "pilot", "cni", "enabled"], "object": set.about(i)} if {
	some agent in set.all("sailoperator.io", "IstioCNI")
	not openshift
	some i in set.all("sailoperator.io", "Istio")
	control_plane := set.at(i)
	k8s.text(control_plane, ["spec", "profile"]) != "openshift"
	k8s.text(control_plane, ["spec", "values", "global", "platform"]) != "openshift"
	k8s.get(control_plane, ["spec", "values", "pilot", "cni", "enabled"], false) != true
	msg := sprintf("Istio %s does not use the CNI agent that IstioCNI %s installs", [
		k8s.name(control_plane), k8s.name(set.at(agent)),
	])
}

# openshift: the set has objects that only OpenShift serves.
openshift if {
	some key, _ in data.lib.set.of_group_and_kind
	regex.match(`^(route|console|image|apps|machine|security|user)\.openshift\.io/`, key)
}

openshift if {
	some i in set.all("operators.coreos.com", "Subscription")
	k8s.text(set.at(i), ["spec", "sourceNamespace"]) == "openshift-marketplace"
}
