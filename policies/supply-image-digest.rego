package main

import data.lib.facts
import data.lib.images
import rego.v1

# METADATA
# title: An image is not pinned to its content.
# custom:
#   severity: warning
#   confidence: high
#   scope: file
#   kinds: pods
#   impact: The same manifest can run other code tomorrow, or after a registry is compromised.
#   remedy: Write repo:tag@sha256:<digest>; the tag stays for people. `profile.stage` dev switches this off.
#   source: NSA/CISA Kubernetes Hardening Guide; OWASP LLM03 Supply Chain
#   bad: |
#     image: registry.example.com/vllm-tpu:3.2.5
#   good: |
#     image: registry.example.com/vllm-tpu:3.2.5@sha256:2f8d0f1a0c1b...
warn contains {"id": "supply-image-digest", "msg": msg, "path": found.path} if {
	facts.stage != "dev"
	some found in images.images
	not regex.match(`@sha256:[0-9a-f]{64}$`, found.image)
	msg := sprintf("image %s is not pinned by digest", [found.image])
}
