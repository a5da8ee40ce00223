# The whole set of objects, as `conftest --combine` gives it: [{path, contents}].
package lib.set

import data.lib.kubernetes as k8s
import data.lib.pods
import rego.v1

# documents: the objects of the set by their index; empty when one object is under test.
documents := input if {
	is_array(input)
} else := []

# of_kind: indexes of the objects of each kind.
of_kind[kind] contains i if {
	some i, document in documents
	kind := document.contents.kind
	is_string(kind)
}

contents(document) := k8s.map(document, "contents")

# of_group_and_kind: the same by "group/kind".
of_group_and_kind[key] contains i if {
	some i, document in documents
	kind := document.contents.kind
	is_string(kind)
	key := concat("/", [k8s.group(document.contents), kind])
}

# all: indexes of the objects of a kind and group.
all(group, kind) := object.get(of_group_and_kind, concat("/", [group, kind]), set())

at(i) := documents[i].contents if is_object(documents[i].contents) else := {}

# about: which object a result is about.
about(i) := {
	"apiVersion": k8s.text(object, "apiVersion"),
	"kind": k8s.kind(object),
	"namespace": k8s.namespace(object),
	"name": k8s.name(object),
	"file": k8s.text(documents[i], "path"),
	"index": i,
} if {
	object := at(i)
}

# services: the LLMInferenceServices.
services := all("serving.kserve.io", "LLMInferenceService")

# workloads: indexes of the objects that make pods, by namespace.
workloads[namespace] contains i if {
	some kind, indexes in of_kind
	kind in data.lib.pods.kinds
	kind != "LLMInferenceServiceConfig"
	some i in indexes
	pods.makes_pods(at(i))
	namespace := k8s.namespace(at(i))
	namespace != ""
}

# namespaces: indexes of the Namespace objects by name.
namespaces[name] contains i if {
	some i in all("", "Namespace")
	name := k8s.name(at(i))
}

# identified: indexes of the objects by group, kind, namespace and name.
identified[key] contains i if {
	some group_and_kind, indexes in of_group_and_kind
	some i in indexes
	object := documents[i].contents
	is_string(object.metadata.name)
	key := concat("/", [group_and_kind, k8s.namespace(object), object.metadata.name])
}

identity(group, kind, namespace, name) := concat("/", [group, kind, namespace, name])

# find: indexes of the objects of a kind with this namespace and name.
find(group, kind, namespace, name) := object.get(identified, identity(group, kind, namespace, name), set())

# meshed: Istio injects a sidecar into the pods of this namespace, by its labels.
meshed(namespace_object) if k8s.text(k8s.labels(namespace_object), "istio-injection") == "enabled"

meshed(namespace_object) if {
	revision := k8s.text(k8s.labels(namespace_object), "istio.io/rev")
	revision != ""
	k8s.text(k8s.labels(namespace_object), "istio-injection") != "disabled"
}
