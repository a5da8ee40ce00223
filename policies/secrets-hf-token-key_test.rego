package main

import data.lib.testing
import rego.v1

hub_service(template) := testing.service({"model": {"uri": "hf://a/b"}, "template": template})

hub_account(secret) := {
	"apiVersion": "v1", "kind": "ServiceAccount",
	"metadata": {"name": "sa", "namespace": "n"}, "secrets": [{"name": secret}],
}

hub_secret(keys) := {
	"apiVersion": "v1", "kind": "Secret",
	"metadata": {"name": "hub", "namespace": "n"}, "stringData": keys,
}

key_findings(objects) := testing.about(results, "secrets-hf-token-key") if {
	results := deny with input as testing.set(objects)
}

test_secrets_hf_token_key_finds_another_key if {
	service := hub_service({"serviceAccountName": "sa"})
	key_findings([service, hub_account("hub"), hub_secret({"token": ""})]) == {["Secret", "hub", ["stringData", "token"]]}
	key_findings([service, hub_account("hub"), hub_secret({"HF_TOKEN": ""})]) == set()
	key_findings([service, hub_account("hub"), hub_secret({"tls.crt": ""})]) == set()
	key_findings([service, hub_account("hub")]) == set()
}

external_secret(fields) := {
	"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret",
	"metadata": {"name": "e", "namespace": "n"}, "spec": object.union({"target": {"name": "hub"}}, fields),
}

test_secrets_hf_token_key_reads_external_secrets if {
	service := hub_service({"serviceAccountName": "sa"})
	wrong := external_secret({"data": [{"secretKey": "other"}, {"secretKey": "hf_token"}]})
	key_findings([service, hub_account("hub"), wrong]) == {["ExternalSecret", "e", ["spec", "data", 1, "secretKey"]]}
	key_findings([service, hub_account("hub"), external_secret({"dataFrom": [{}], "data": [{"secretKey": "hf_token"}]})]) == set()
}

test_secrets_hf_token_key_reads_the_annotation if {
	service := object.union(hub_service({}), {"metadata": {"annotations": {"serving.kserve.io/storageSecretName": "hub"}}})
	count(key_findings([service, hub_secret({"token": ""})])) == 1
}

test_secrets_hf_token_key_finds_a_reference_to_a_missing_key if {
	service := hub_service({"containers": [{"name": "main", "env": [{
		"name": "HF_TOKEN",
		"valueFrom": {"secretKeyRef": {"name": "hub", "key": "token"}},
	}]}]})
	path := ["spec", "template", "containers", 0, "env", 0, "valueFrom", "secretKeyRef", "key"]
	key_findings([service, hub_secret({"HF_TOKEN": ""})]) == {["LLMInferenceService", "m", path]}
	key_findings([service]) == set()
}
