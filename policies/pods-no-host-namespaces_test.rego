package main

import data.lib.testing
import rego.v1

test_pods_no_host_namespaces_finds_namespaces_and_ports if {
	results := deny with input as testing.pod({
		"hostNetwork": true, "hostPID": false, "hostIPC": true,
		"containers": [{"name": "a", "ports": [{"containerPort": 1}, {"containerPort": 2, "hostPort": 2}]}],
	})
	testing.paths(results, "pods-no-host-namespaces") == {
		["spec", "hostNetwork"],
		["spec", "hostIPC"],
		["spec", "containers", 0, "ports", 1, "hostPort"],
	}
}

test_pods_no_host_namespaces_accepts_the_rest if {
	results := deny with input as testing.pod({"hostNetwork": false, "containers": [{"name": "a", "ports": [{"hostPort": 0}]}]})
	testing.paths(results, "pods-no-host-namespaces") == set()
}
