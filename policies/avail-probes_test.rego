package main

import data.lib.testing
import rego.v1

probe_findings(container) := testing.paths(results, "avail-probes") if {
	results := deny with input as testing.pod({"containers": [object.union({"name": "a"}, container)]})
}

test_avail_probes_wants_both_on_servers if {
	probe_findings({"ports": [{"containerPort": 80}]}) == {["spec", "containers", 0, "livenessProbe"]}
	only_ready := {"ports": [{"containerPort": 80}], "readinessProbe": {"tcpSocket": {"port": 80}}}
	probe_findings(only_ready) == set()
	warned := warn with input as testing.pod({"containers": [object.union({"name": "a"}, only_ready)]})
	{result.level | some result in warned} == {"info"}
	probe_findings({}) == set()
	probe_findings({"image": "auto", "ports": [{"containerPort": 80}]}) == set()
}

test_avail_probes_finds_ports_that_have_no_such_name if {
	probe_findings({
		"ports": [{"name": "http", "containerPort": 80}],
		"livenessProbe": {"httpGet": {"port": "web"}}, "readinessProbe": {"tcpSocket": {"port": "http"}},
	}) == {["spec", "containers", 0, "livenessProbe", "httpGet", "port"]}
	probe_findings({"livenessProbe": {"httpGet": {"port": 80}}}) == set()
}

test_avail_probes_warns_of_a_heavy_liveness_probe if {
	results := warn with input as testing.service({"template": {"containers": [{"name": "main", "livenessProbe": {"httpGet": {"path": "/v1/models"}}}]}})
	testing.paths(results, "avail-probes") == {["spec", "template", "containers", 0, "livenessProbe", "httpGet", "path"]}
}

test_avail_probes_leaves_jobs_and_presets if {
	job := deny with input as {
		"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"},
		"spec": {"template": {"spec": {"containers": [{"name": "a", "ports": [{"containerPort": 1}]}]}}},
	}
	testing.paths(job, "avail-probes") == set()
	service := deny with input as testing.service({"template": {"containers": [{"name": "main", "ports": [{"containerPort": 8000}]}]}})
	testing.paths(service, "avail-probes") == set()
}

test_avail_probes_only_warns_of_sidecars if {
	pod := testing.pod({
		"containers": [{"name": "a"}],
		"initContainers": [{"name": "proxy", "restartPolicy": "Always", "ports": [{"containerPort": 1}]}],
	})
	denied := deny with input as pod
	warned := warn with input as pod
	testing.paths(denied, "avail-probes") == set()
	testing.paths(warned, "avail-probes") == {["spec", "initContainers", 0, "livenessProbe"]}
}

test_avail_probes_leaves_workers_to_their_leader if {
	with_leader := {
		"apiVersion": "leaderworkerset.x-k8s.io/v1",
		"kind": "LeaderWorkerSet",
		"spec": {"leaderWorkerTemplate": {
			"leaderTemplate": {"spec": {"containers": [{"name": "l"}]}},
			"workerTemplate": {"spec": {"containers": [{"name": "a", "ports": [{"containerPort": 80}]}]}},
		}},
	}
	denied := deny with input as with_leader
	testing.paths(denied, "avail-probes") == set()
}
