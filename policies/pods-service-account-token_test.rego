package main

import data.lib.testing
import rego.v1

test_pods_service_account_token_finds_the_default_account if {
	results := warn with input as testing.pod({"containers": []})
	testing.paths(results, "pods-service-account-token") == {["spec", "automountServiceAccountToken"]}
}

test_pods_service_account_token_leaves_own_accounts_of_other_pods if {
	results := warn with input as testing.pod({"serviceAccountName": "operator"})
	testing.paths(results, "pods-service-account-token") == set()
}

test_pods_service_account_token_finds_a_server_with_its_own_account if {
	results := warn with input as testing.service({"template": {"serviceAccountName": "m", "containers": [{"name": "main"}]}})
	count(testing.paths(results, "pods-service-account-token")) == 1
}

test_pods_service_account_token_accepts_no_token if {
	results := warn with input as testing.service({"template": {"automountServiceAccountToken": false}})
	testing.paths(results, "pods-service-account-token") == set()
}

test_pods_service_account_token_leaves_scheduler_and_routing_sidecar if {
	results := warn with input as testing.service({
		"template": {"serviceAccountName": "m", "initContainers": [{"name": "llm-d-routing-sidecar"}]},
		"router": {"scheduler": {"template": {"containers": [{"name": "main"}]}}},
	})
	testing.paths(results, "pods-service-account-token") == set()
}

test_pods_service_account_token_leaves_decode_pods_and_unknown_configs if {
	results := warn with input as testing.service({
		"template": {"containers": [{"name": "main"}]},
		"prefill": {"template": {"containers": [{"name": "main"}]}},
	})
	testing.paths(results, "pods-service-account-token") == {["spec", "prefill", "template", "automountServiceAccountToken"]}
	based := warn with input as testing.service({
		"template": {"containers": [{"name": "main"}]},
		"baseRefs": [{"name": "shared"}],
	})
	testing.paths(based, "pods-service-account-token") == set()
}
