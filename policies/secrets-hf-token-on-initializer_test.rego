package main

import data.lib.testing
import rego.v1

main_with_token := {"containers": [{"name": "main", "env": [{
	"name": "HF_TOKEN",
	"valueFrom": {"secretKeyRef": {"name": "hub", "key": "HF_TOKEN"}},
}]}]}

test_secrets_hf_token_on_initializer_doubts_a_token_for_the_server if {
	results := warn with input as testing.set([hub_service(main_with_token)])
	count(testing.about(results, "secrets-hf-token-on-initializer")) == 1
}

test_secrets_hf_token_on_initializer_accepts_a_service_account if {
	service := hub_service(object.union(main_with_token, {"serviceAccountName": "sa"}))
	results := warn with input as testing.set([service, hub_account("hub")])
	testing.about(results, "secrets-hf-token-on-initializer") == set()
	unseen := warn with input as testing.set([service])
	testing.about(unseen, "secrets-hf-token-on-initializer") == set()
}

test_secrets_hf_token_on_initializer_knows_gated_models if {
	service := hub_service({})
	results := deny with input as testing.set([service]) with data.stackgen as testing.profile({"gatedModels": ["a/"]})
	testing.about(results, "secrets-hf-token-on-initializer") == {["LLMInferenceService", "m", ["spec", "template", "serviceAccountName"]]}
	others := deny with input as testing.set([service]) with data.stackgen as testing.profile({"gatedModels": ["google/"]})
	testing.about(others, "secrets-hf-token-on-initializer") == set()
}

test_secrets_hf_token_on_initializer_leaves_an_initializer_of_ones_own if {
	service := hub_service(object.union(main_with_token, {"initContainers": [{"name": "storage-initializer"}]}))
	results := warn with input as testing.set([service])
	testing.about(results, "secrets-hf-token-on-initializer") == set()
}
