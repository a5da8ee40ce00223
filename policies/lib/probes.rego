# How long a container may take to start before it is killed.
package lib.probes

import data.lib.facts
import data.lib.kubernetes as k8s
import rego.v1

# What Kubernetes takes for fields that are left out.
standard := {"initialDelaySeconds": 0, "periodSeconds": 10, "failureThreshold": 3}

# probe: of a container, with what the controller's preset adds; null without one.
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
	below := k8s.map(data.lib.facts.preset, name)
} else := {}

# whole: nothing is added to the container that is not known here.
whole(found) if found.inherits == false

whole(_) if count(data.lib.facts.preset) > 0

# budget: seconds until a container that does not answer is killed; undefined when nothing kills it,
# or when that is not known.
budget(found) := result if {
	whole(found)
	started := probe(found, "startupProbe")
	started != null
	result := seconds(started)
} else := seconds(alive) if {
	whole(found)
	alive := probe(found, "livenessProbe")
	alive != null
}

seconds(probe) := k8s.number(probe, "initialDelaySeconds", 0) +
	(k8s.number(probe, "periodSeconds", 10) * k8s.number(probe, "failureThreshold", 3))
