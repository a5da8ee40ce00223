package main

import data.lib.testing
import rego.v1

test_pods_no_hostpath_finds_types_outside_the_restricted_profile if {
	results := deny with input as testing.pod({"volumes": [
		{"name": "a", "hostPath": {"path": "/dev"}},
		{"name": "b", "emptyDir": {}},
		{"name": "c", "nfs": {"server": "x", "path": "/"}},
		{"name": "d", "csi": {"driver": "gcsfuse.csi.storage.gke.io"}},
	]})
	testing.paths(results, "pods-no-hostpath") == {["spec", "volumes", 0, "hostPath"], ["spec", "volumes", 2, "nfs"]}
}

test_pods_no_hostpath_says_which_directory if {
	results := deny with input as testing.pod({"volumes": [{"name": "a", "hostPath": {"path": "/dev/vfio"}}]})
	some result in results
	result.id == "pods-no-hostpath"
	contains(result.msg, "/dev/vfio")
}
