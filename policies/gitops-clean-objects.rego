package main

import data.lib.kubernetes as k8s
import data.lib.pods
import rego.v1

# METADATA
# title: An object contains fields that the API server sets, or metadata that is not valid.
# custom:
#   severity: error
#   scope: file
#   kinds: all
deny contains {"id": "gitops-clean-objects", "msg": msg, "path": ["metadata", field]} if {
	some field, value in k8s.map(input, "metadata")
	field in {
		"managedFields", "resourceVersion", "uid", "creationTimestamp", "selfLink", "generation",
		"deletionTimestamp",
	}
	value != null
	is_manifest
	msg := sprintf("metadata.%s is written by the server", [field])
}

deny contains {"id": "gitops-clean-objects", "msg": msg, "path": ["status"]} if {
	status := input.status
	is_object(status)
	count(status) > 0
	is_manifest
	not input.kind in {"CustomResourceDefinition", "Infrastructure"}
	msg := "status is written by the controller"
}

deny contains {"id": "gitops-clean-objects", "msg": msg, "path": ["metadata", "annotations", key]} if {
	key := "kubectl.kubernetes.io/last-applied-configuration"
	input.metadata.annotations[key]
	msg := "the annotation is a copy of the object that kubectl apply keeps"
}

deny contains {"id": "gitops-clean-objects", "msg": msg, "path": path} if {
	some [base, metadata] in metadata_blocks
	some field in ["labels", "annotations"]
	some key, value in k8s.map(metadata, field)
	not is_string(value)
	msg := sprintf("%s %s is not a string but %s", [trim_suffix(field, "s"), key, json.marshal(value)])
	path := array.concat(base, [field, key])
}

deny contains {"id": "gitops-clean-objects", "msg": msg, "path": path} if {
	some [path, value] in resolved_texts
	contains(value, "{{")
	input.kind != "LLMInferenceServiceConfig"
	msg := sprintf("the template in %s is not rendered", [json.marshal(value)])
}

# A GitOps engine may still substitute these.
warn contains {"id": "gitops-clean-objects", "msg": msg, "path": path} if {
	some [path, value] in resolved_texts
	regex.match(`\$\{[A-Za-z_][A-Za-z0-9_]*\}`, value)
	msg := sprintf("the placeholder in %s is not substituted", [value])
}

# Infrastructure of config.openshift.io has no status subresource outside of OpenShift: the
# installation of its operator writes the status.

is_manifest if {
	is_string(input.kind)
	is_string(input.apiVersion)
}

metadata_blocks := array.concat(
	[[["metadata"], input.metadata] | is_manifest],
	[[path, k8s.map(input, path)] |
		some pod in data.lib.pods.pods
		pod.path[count(pod.path) - 1] == "spec"
		count(pod.path) > 1
		path := array.concat(array.slice(pod.path, 0, count(pod.path) - 1), ["metadata"])
	],
)

# Texts that nothing expands once they are in the cluster.
resolved_texts := [found |
	regex.match(`\{\{|\$\{`, json.marshal(input))
	is_manifest
	some found in array.concat(named_texts, image_texts)
]

named_texts := array.concat(
	[[["metadata", key], value] |
		some key, value in k8s.map(input, "metadata")
		key in {"name", "namespace"}
		is_string(value)
	],
	[[["metadata", "labels", key], value] |
		some key, value in k8s.labels(input)
		is_string(value)
	],
)

image_texts := [[path, value] |
	some found in data.lib.pods.containers
	path := array.concat(found.path, ["image"])
	value := k8s.text(found.container, "image")
]
