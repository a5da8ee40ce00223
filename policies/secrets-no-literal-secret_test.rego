package main

import data.lib.testing
import rego.v1

secret_findings(fields) := testing.paths(results, "secrets-no-literal-secret") if {
	results := deny with input as object.union({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}, fields)
}

test_secrets_no_literal_secret_finds_values if {
	secret_findings({"stringData": {"a": "hunter2hunter2"}}) == {["stringData", "a"]}
	secret_findings({"data": {"a": "aHVudGVyMg=="}}) == {["data", "a"]}
	secret_findings({"data": {"a": "not base64!"}}) == {["data", "a"]}
}

test_secrets_no_literal_secret_accepts_placeholders_and_certificates if {
	secret_findings({"stringData": {"a": "", "b": "<your token>", "c": "${TOKEN}"}}) == set()
	secret_findings({"data": {"ca.crt": base64.encode("-----BEGIN CERTIFICATE-----\nx")}}) == set()
	secret_findings({"data": {"a": base64.encode("REPLACE_ME")}}) == set()
	secret_findings({}) == set()
}

test_secrets_no_literal_secret_accepts_settings_and_public_keys if {
	secret_findings({"stringData": {"authorized_keys": "ssh-ed25519 AAAAC3NzaC1lZDI1 a@b\n"}}) == set()
	secret_findings({"stringData": {"alertmanager.yaml": "receivers: [{name: none}]"}}) == set()
	secret_findings({"data": {"loki.yaml": base64.encode("auth_enabled: false")}}) == set()
	secret_findings({"data": {"known_hosts": base64.encode("git.example.com ssh-ed25519 AAAAC3NzaC1lZDI1\n")}}) == set()
	secret_findings({"stringData": {"a": "op://vault/item/field", "b": "ref+vault://path#/key"}}) == set()
	secret_findings({"stringData": {"jdbc": "jdbc:mariadb://db:3306/app", "sql": "sql://app:PLACEHOLDERPASSWORD@db/app"}}) == set()
	secret_findings({"stringData": {"sql": "sql://app:hunter2@db/app"}}) == {["stringData", "sql"]}
	slack := {"alertmanager.yaml": "slack_configs: [{api_url: x}]"}
	secret_findings({"stringData": slack}) == {["stringData", "alertmanager.yaml"]}
}

test_secrets_no_literal_secret_reads_objects if {
	secret_findings({"stringData": {"config": `{"tlsClientConfig": {"insecure": false}}`}}) == set()
	secret_findings({"stringData": {"apps": "{\"apps\": [{\"client_id\": \"${ID}\", \"secret\": \"${SECRET}\"}]}\n"}}) == set()
	secret_findings({"stringData": {"config": `{"bearerToken": "abc123abc123"}`}}) == {["stringData", "config"]}
	secret_findings({"stringData": {"config": `{"a_token": "${A}", "b_token": "abc123abc123"}`}}) == {["stringData", "config"]}
}

test_secrets_no_literal_secret_does_not_repeat_the_value if {
	results := deny with input as {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "hunter2hunter2"}}
	every result in results {
		not contains(json.marshal(result), "hunter2")
	}
}
