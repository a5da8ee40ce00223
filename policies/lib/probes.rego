# How long a container may take to start before it is killed.
package lib.probes

import data.lib.facts
import data.lib.kubernetes as k8s
import rego.v1

# What Kubernetes takes for fields that are left out.
standard := {"initialDelaySeconds": 0, "periodSeconds": 10, "failureThreshold": 3}

# What KServe's presets say about the container main. Source: KServe release-v0.15
# config/llmisvc/config-llm-template.yaml (no startupProbe), later releases
# config/llmisvcconfig/config-llm-template.yaml.
preset := {
	"startupProbe": null,
	"livenessProbe": {"initialDelaySeconds": 120, "periodSeconds": 10, "failureThreshold": 3},
} if {
	facts.release == "llm-d-infra-xks-0.15"
} else := {
	"startupProbe": {"periodSeconds": 10, "failureThreshold": 60},
	"livenessProbe": {"periodSeconds": 10, "failureThreshold": 10},
}

# probe: of a container, with what a preset adds; null without one.
probe(found, name) := merged if {
	below := preset_of(found, name)
	own := k8s.map(found.container, name)
	merged := object.union_n([standard, below, own])
	is_probed(found.container, name, below)
} else := null

is_probed(container, name, _) if is_object(k8s.get(container, name, null))

is_probed(_, _, below) if count(below) > 0

preset_of(found, name) := below if {
	found.inherits
	below := object.get(preset, name, null)
	is_object(below)
} else := {}

# budget: seconds until a container that does not answer is killed; undefined when nothing kills it.
budget(found) := result if {
	started := probe(found, "startupProbe")
	started != null
	result := seconds(started)
} else := seconds(alive) if {
	alive := probe(found, "livenessProbe")
	alive != null
}

seconds(probe) := k8s.number(probe, "initialDelaySeconds", 0) +
	(k8s.number(probe, "periodSeconds", 10) * k8s.number(probe, "failureThreshold", 3))
