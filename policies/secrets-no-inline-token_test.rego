package main

import data.lib.testing
import rego.v1

inline_findings(object) := testing.paths(results, "secrets-no-inline-token") if {
	results := deny with input as object
}

config_map(text) := {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": text}}

token_env(name, value) := testing.pod({"containers": [{"name": "a", "env": [{"name": name, "value": value}]}]})

test_secrets_no_inline_token_finds_tokens_anywhere if {
	inline_findings(config_map(concat("", ["x=hf", "_", "abcdefghijklmnopqrstuvwxyzABCDEFGH"]))) == {["data", "a"]}
	inline_findings(config_map(concat("", ["-----BEGIN RSA ", "PRIVATE KEY-----"]))) == {["data", "a"]}
	inline_findings(config_map(concat("", ["sk", "-abcdefghijklmnopqrstuvwx"]))) == {["data", "a"]}
	inline_findings(config_map(concat("", ["gh", "p_", "abcdefghijklmnopqrstuvwxyzABCDEFGH01"]))) == {["data", "a"]}
	inline_findings(config_map(concat("", ["gl", "pat-", "abcdefghijklmnopqrst"]))) == {["data", "a"]}
	inline_findings(config_map(concat("", ["https://bot:", "s3cret@git.example.com"]))) == {["data", "a"]}
	inline_findings(config_map(concat("", ["https://${USER:-bot}:", "s3cret@git.example.com"]))) == {["data", "a"]}
	inline_findings(config_map(`{"auths": {"r.example.com": {"auth": "x"}}}`)) == {["data", "a"]}
}

test_secrets_no_inline_token_leaves_look_alikes if {
	inline_findings(config_map("task-abcdefghijklmnopqrstuvwx")) == set()
	inline_findings(config_map("hf_transfer")) == set()
	inline_findings(config_map("postgres://app:$(PASSWORD)@db:5432/app")) == set()
	inline_findings(config_map("postgres://${OWNER:=${APP}}@db:5432/app")) == set()
	inline_findings(config_map("postgres://${OWNER:-app}:${PASSWORD}@db and amqp://app:v1-${PASSWORD}@mq")) == set()
	inline_findings(config_map("ssh://git@github.com:22/acme/platform")) == set()
	inline_findings(config_map("postgres://app:REDACTED@db:5432/app")) == set()
	inline_findings(config_map("https://bot:token@<HOST>/a, in use: https://bot:$TOKEN@<HOST>/a")) == set()
	inline_findings(config_map("http://u:xxxxx@proxy and http://u:changeme@proxy")) == set()
	inline_findings(config_map("global-configuration-of-the-cluster")) == set()
	inline_findings(config_map(`printf '{"auths":{"r.example.com":{"auth":"%s"}}}' "$AUTH"`)) == set()
	inline_findings(config_map("the key auths of a docker config")) == set()
}

test_secrets_no_inline_token_reads_environments if {
	inline_findings(token_env("HF_TOKEN", "abcdef0123456789")) == {["spec", "containers", 0, "env", 0, "value"]}
	inline_findings(token_env("HF_TOKEN", "$(OTHER)")) == set()
	inline_findings(token_env("API_KEY", "EMPTY")) == set()
	inline_findings(token_env("TOKEN_PATH", "abcdef0123456789")) == set()
	inline_findings(token_env("API_KEY", "/var/run/key")) == set()
	inline_findings(token_env("LABEL_KEY", "kueue.x-k8s.io/queue-name")) == set()
}

probe_header(name, value) := testing.pod({"containers": [{
	"name": "a",
	"livenessProbe": {"httpGet": {"port": 80, "httpHeaders": [{"name": name, "value": value}]}},
}]})

test_secrets_no_inline_token_reads_headers_of_probes if {
	place := ["spec", "containers", 0, "livenessProbe", "httpGet", "httpHeaders", 0, "value"]
	inline_findings(probe_header("Authorization", "Bearer admin-9f31aa")) == {place}
	inline_findings(probe_header("Authorization", "Bearer $(API_KEY)")) == set()
	inline_findings(probe_header("Accept", "application/json")) == set()
}

test_secrets_no_inline_token_knows_passwords_and_placeholders if {
	count(inline_findings(token_env("ADMIN_PASSWORD", "admin"))) == 1
	inline_findings(token_env("CACHE_TOKEN", "main")) == set()
	inline_findings(token_env("NGC_API_KEY", "nvapi-NVKEY")) == set()
	inline_findings(token_env("OPENAI_API_KEY", "sk-no-key-required")) == set()
}

test_secrets_no_inline_token_knows_names_of_secrets if {
	inline_findings(token_env("IMAGE_PULL_SECRET", "regcred")) == set()
	inline_findings(token_env("CA_SECRET", "istio-system/cacerts")) == set()
	inline_findings(token_env("DB_SECRET", "postgres-credentials")) == set()
	inline_findings(token_env("TOKEN_SECRET", "builder-token")) == set()
	count(inline_findings(token_env("TLS_SECRET", "9f8Kd02mfPq81LsX"))) == 1
	count(inline_findings(token_env("DB_SECRET", "correct-horse-battery"))) == 1
	count(inline_findings(token_env("CLIENT_SECRET", "web-client-secret"))) == 1
	count(inline_findings(token_env("JWT_SECRET", "supersecretjwtvalue"))) == 1
}

test_secrets_no_inline_token_reads_values_of_charts if {
	release := {"kind": "HelmRelease", "spec": {"values": {"grafana": {"adminPassword": "admin", "passwordKey": "password"}}}}
	results := warn with input as release
	testing.paths(results, "secrets-no-inline-token") == {["spec", "values", "grafana", "adminPassword"]}
	references := {"kind": "Application", "spec": {"source": {"helm": {"valuesObject": {"password": "${PASSWORD}", "usePassword": "true"}}}}}
	others := warn with input as references
	testing.paths(others, "secrets-no-inline-token") == set()
}

test_secrets_no_inline_token_has_one_finding_for_a_credential if {
	token := concat("", ["hf", "_", "abcdefghijklmnopqrstuvwxyzABCDEFGH"])
	of_variable := deny with input as token_env("HF_TOKEN", token)
	{found.msg | some found in of_variable; found.id == "secrets-no-inline-token"} == {"the value looks like a Hugging Face token"}
	address := concat("", ["https://bot:", "s3cret@git.example.com"])
	of_both := deny with input as config_map(sprintf("%s %s", [token, address]))
	count({found.msg | some found in of_both; found.id == "secrets-no-inline-token"}) == 1
}

calling(key) := testing.pod({"containers": [{"name": "a", "env": [
	{"name": "OPENAI_BASE_URL", "value": "http://llama-cpp.models.svc:8080/v1"},
	{"name": "OPENAI_API_KEY", "value": key},
]}]})

test_secrets_no_inline_token_knows_names_of_servers if {
	inline_findings(calling("llama-cpp")) == set()
	count(inline_findings(calling("hunter-too"))) == 1
}

release_of(values) := {
	"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": {"name": "a"},
	"spec": {"values": values},
}

test_secrets_no_inline_token_knows_names_of_keys if {
	given := warn with input as release_of({"auth": {"secretKeys": {"password": "ghost-password"}}})
	count(given) == 0
	written := warn with input as release_of({"auth": {"password": "ghost-password"}})
	count(written) == 1
}
