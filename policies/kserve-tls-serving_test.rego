package main

import data.lib.testing
import rego.v1

tls_findings(container, facts_given) := testing.paths(results, "kserve-tls-serving") if {
	results := tls_results(container, {"router": {"route": {}}}, facts_given)
}

tls_results(container, more, facts_given) := results if {
	template := {"template": {"containers": [object.union({"name": "main"}, container)]}}
	results := deny with input as testing.service(object.union(template, more))
		with data.stackgen as facts_given
}

vllm_command := ["vllm", "serve", "/mnt/models", "--port=8000"]

tls_command := array.concat(vllm_command, ["--ssl-certfile=/var/run/kserve/tls/tls.crt", "--ssl-keyfile=/var/run/kserve/tls/tls.key"])

probe_scheme(scheme) := {"livenessProbe": {"httpGet": {"path": "/health", "port": 8000, "scheme": scheme}}}

command_path := ["spec", "template", "containers", 0, "command"]

scheme_path := ["spec", "template", "containers", 0, "livenessProbe", "httpGet", "scheme"]

xks := {"servesTLS": true}

test_kserve_tls_serving_finds_a_server_without_tls if {
	tls_findings(object.union({"command": vllm_command}, probe_scheme("HTTPS")), {}) == {command_path}
	tls_findings({"command": vllm_command}, xks) == {command_path}
	tls_findings({"args": ["python3 -m vllm.entrypoints.openai.api_server --port 8000"]}, xks) == {["spec", "template", "containers", 0, "args"]}
	tls_findings({"command": vllm_command}, {}) == set()
	tls_findings({"command": tls_command}, xks) == set()
}

test_kserve_tls_serving_finds_probes_over_http if {
	tls_findings(object.union({"command": tls_command}, probe_scheme("HTTP")), {}) == {scheme_path}
	tls_findings(probe_scheme("HTTP"), xks) == {scheme_path}
	tls_findings(probe_scheme("HTTP"), {}) == set()
	tls_findings(object.union({"command": tls_command}, probe_scheme("HTTPS")), xks) == set()
}

test_kserve_tls_serving_heeds_the_profile if {
	off := object.union(xks, testing.profile({"kserveTLS": false}))
	tls_findings(object.union({"command": vllm_command}, probe_scheme("HTTP")), off) == set()
}

unrouted(more) := testing.paths(tls_results({"command": vllm_command}, more, xks), "kserve-tls-serving")

test_kserve_tls_serving_leaves_flags_and_other_servers if {
	tls_findings({"args": ["--max-model-len=2048"]}, xks) == set()
	tls_findings({"command": ["/simulator"]}, xks) == set()
}

unrouted(more) := testing.paths(tls_results({"command": vllm_command}, more, xks), "kserve-tls-serving")

test_kserve_tls_serving_leaves_servers_alone_that_kserve_does_not_route_to if {
	unrouted({}) == set()
	unrouted({"router": {}}) == {command_path}
	unrouted({"baseRefs": [{"name": "ours"}]}) == {command_path}
}
