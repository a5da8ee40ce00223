package main

import data.lib.kubernetes as k8s
import data.lib.pods
import rego.v1

# METADATA
# title: A container has no CPU or memory request.
# custom:
#   severity: error
#   scope: file
#   kinds: pods
deny contains {"id": "pods-cpu-memory-requests", "msg": msg, "path": path} if {
	some found in sized_containers
	missing := missing_resources(found)
	count(missing) > 0
	msg := sprintf("container '%s' has no %s", [found.name, concat(", ", missing)])
	path := array.concat(found.path, ["resources"])
}

# Weights from the hub are downloaded to the node's own disk before the server starts.
warn contains {"id": "pods-cpu-memory-requests", "msg": msg, "path": path} if {
	startswith(k8s.text(input, ["spec", "model", "uri"]), "hf://")
	some found in sized_containers
	found.role == "serving"
	found.name == "main"
	not own_download_volume(found.pod)
	pods.requested(found.container, "ephemeral-storage") == null
	msg := sprintf(
		"container '%s' does not reserve ephemeral-storage for the model that is downloaded to the node's disk",
		[found.name],
	)
	path := array.concat(found.path, ["resources", "requests", "ephemeral-storage"])
}

# KServe sizes storage-initializer itself, and its presets the endpoint picker; they do not size
# the server. What a config named in baseRefs adds is not known here.
sized_containers := [found |
	some found in data.lib.pods.containers
	found.type != "ephemeralContainers"
	found.name != "storage-initializer"
	not sized_elsewhere(found)
]

sized_elsewhere(found) if {
	found.inherits
	not preset_leaves_it_open(found)
}

preset_leaves_it_open(found) if {
	found.role == "serving"
	found.name == "main"
	count(k8s.list(input, ["spec", "baseRefs"])) == 0
}

own_download_volume(pod) if {
	some volume in k8s.list(pod, "volumes")
	k8s.text(volume, "name") == "kserve-provision-location"
}

missing_resources(found) := sort([wanted |
	some wanted in ["requests.cpu", "requests.memory", "limits.memory"]
	not has_resource(found, wanted)
])

has_resource(found, "requests.cpu") if sized(found, ["requests", "limits"], "cpu")

has_resource(found, "requests.memory") if sized(found, ["requests", "limits"], "memory")

has_resource(found, "limits.memory") if sized(found, ["limits"], "memory")

# Resources of the whole pod stand in for those of its containers.
sized(found, sections, resource) if {
	some section in sections
	some holder in [found.container, found.pod]
	k8s.get(holder, ["resources", section, resource], null) != null
}
