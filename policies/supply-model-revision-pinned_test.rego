package main

import data.lib.testing
import rego.v1

unpinned(uri) if {
	results := warn with input as testing.service({"model": {"uri": uri}})
	testing.paths(results, "supply-model-revision-pinned") == {["spec", "model", "uri"]}
}

test_supply_model_revision_pinned_reads_the_uri if {
	unpinned("hf://Qwen/Qwen2.5-3B-Instruct")
	unpinned("hf://Qwen/Qwen2.5-3B-Instruct:main")
	not unpinned("hf://Qwen/Qwen2.5-3B-Instruct:aa8e72537993ba99e69dfaafa59ed015b17504d1")
	not unpinned("pvc://models/qwen")
	not unpinned("hf://{{ .Model }}")
}

test_supply_model_revision_pinned_reads_adapters if {
	results := warn with input as testing.service({"model": {"uri": "pvc://m", "lora": {"adapters": [{"uri": "hf://a/b"}]}}})
	testing.paths(results, "supply-model-revision-pinned") == {["spec", "model", "lora", "adapters", 0, "uri"]}
}

test_supply_model_revision_pinned_is_off_in_dev if {
	results := warn with input as testing.service({"model": {"uri": "hf://a/b"}})
		with data.stackgen as testing.profile({"stage": "dev"})
	testing.paths(results, "supply-model-revision-pinned") == set()
}

served(container) := testing.paths(results, "supply-model-revision-pinned") if {
	results := warn with input as testing.pod({"containers": [container]})
}

test_supply_model_revision_pinned_reads_command_lines if {
	served({"command": ["vllm", "serve"], "args": ["Qwen/Qwen3-32B", "--port=8000"]}) == {["spec", "containers", 0, "args", 0]}
	served({"command": ["sh", "-c", "exec vllm serve 'Qwen/Qwen3-32B' \\\n --port 8000"]}) == {["spec", "containers", 0, "command", 2]}
	served({"image": "docker.io/vllm/vllm-openai:v0.26.0", "args": ["--model", "Qwen/Qwen3-32B"]}) == {["spec", "containers", 0, "args", 1]}
	served({"command": ["python3", "-m", "vllm.entrypoints.openai.api_server"], "args": ["--model=a/b", "--revision", "main"]}) == {["spec", "containers", 0, "args", 0]}
	served({"command": ["sh", "-c", "sleep 1\nexec vllm serve \"$@\"\n", "--"], "args": ["a/b", "--port=8000"]}) == {["spec", "containers", 0, "args", 0]}
	served({"command": ["python3", "-m", "sglang.launch_server", "--model-path", "a/b"]}) == {["spec", "containers", 0, "command", 4]}
}

test_supply_model_revision_pinned_passes_other_command_lines if {
	served({"command": ["vllm", "serve", "Qwen/Qwen3-32B", "--revision=aa8e7253"]}) == set()
	served({"command": ["vllm", "serve", "/mnt/models"]}) == set()
	served({"command": ["vllm", "serve", "$(MODEL)"]}) == set()
	served({"command": ["vllm", "serve", "gs://bucket/model"]}) == set()
	served({"command": ["vllm", "bench", "serve", "--model", "a/b"]}) == set()
	served({"image": "example.com/client:1", "args": ["--model", "a/b"]}) == set()
}

test_supply_model_revision_pinned_reads_downloads if {
	served({"args": ["hf://a/b", "/mnt/models"]}) == {["spec", "containers", 0, "args", 0]}
	served({"args": ["hf://a/b:main", "/mnt/models"]}) == {["spec", "containers", 0, "args", 0]}
	served({"command": ["hf", "download", "a/b"]}) == {["spec", "containers", 0, "command", 2]}
	served({"command": ["huggingface-cli", "download"], "args": ["--local-dir", "x/y", "a/b"]}) == {["spec", "containers", 0, "args", 2]}
	served({"command": ["sh", "-c", "pip install huggingface_hub\n/usr/bin/hf download --quiet \\\n 'a/b' --revision=main"]}) == {["spec", "containers", 0, "command", 2]}
	served({"args": ["hf download c/d --revision 1a2b && hf download a/b", "a/b"]}) == {["spec", "containers", 0, "args", 0]}
}

test_supply_model_revision_pinned_passes_other_downloads if {
	served({"args": ["hf://a/b:1a2b3c", "/mnt/models"]}) == set()
	served({"args": ["hf://$(MODEL)", "/mnt/models"]}) == set()
	served({"command": ["hf", "download", "a/b", "--revision", "1a2b3c"]}) == set()
	served({"command": ["hf", "download", "--repo-type", "dataset", "a/b"]}) == set()
	served({"command": ["hf", "download", "$MODEL", "--local-dir", "models/b"]}) == set()
	served({"command": ["curl", "download", "a/b"]}) == set()
}
