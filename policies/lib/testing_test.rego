# What the tests of the policies share.
package lib.testing

import rego.v1

# paths: of the results of one policy.
paths(results, id) := {r.path | some r in results; r.id == id}

# about: kind, name and path of the results of one set-wide policy.
about(results, id) := {[r.object.kind, r.object.name, r.path] | some r in results; r.id == id}

pod(spec) := {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "n"}, "spec": spec}

service(spec) := {
	"apiVersion": "serving.kserve.io/v1alpha1",
	"kind": "LLMInferenceService",
	"metadata": {"name": "m", "namespace": "n"},
	"spec": spec,
}

# set: objects as `conftest --combine` gives them.
set(objects) := [{"path": sprintf("%d.yaml", [i]), "contents": object} | some i, object in objects]

profile(values) := {"profile": values}
