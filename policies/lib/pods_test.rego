package lib.pods_test

import data.lib.pods
import data.lib.testing
import rego.v1

test_pods_of_every_kind if {
	spec := {"containers": [{"name": "a"}]}
	count(pods.of(testing.pod(spec))) == 1
	count(pods.of({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"spec": spec}}})) == 1
	count(pods.of({"apiVersion": "batch/v1", "kind": "CronJob", "spec": {"jobTemplate": {"spec": {"template": {"spec": spec}}}}})) == 1
	count(pods.of({
		"apiVersion": "leaderworkerset.x-k8s.io/v1", "kind": "LeaderWorkerSet",
		"spec": {"leaderWorkerTemplate": {"leaderTemplate": {"spec": spec}, "workerTemplate": {"spec": spec}}},
	})) == 2
	count(pods.of(testing.service({
		"template": spec, "worker": spec, "prefill": {"template": spec, "worker": spec},
		"router": {"scheduler": {"template": spec}},
	}))) == 5
	pods.of({"apiVersion": "example.com/v1", "kind": "Deployment", "spec": {"template": {"spec": spec}}}) == []
}

test_only_main_of_a_service_inherits if {
	containers := pods.containers_of(testing.service({"template": {
		"containers": [{"name": "main"}, {"name": "proxy"}],
		"initContainers": [{"name": "main"}],
	}}))
	{c.path | some c in containers; c.inherits} == {["spec", "template", "containers", 0]}
}

test_a_mere_name_in_the_picker_inherits if {
	containers := pods.containers_of(testing.service({"router": {"scheduler": {"template": {
		"containers": [{"name": "main"}, {"name": "tokenizer"}, {"name": "proxy", "image": "a:1"}],
	}}}}))
	[c.inherits | some c in containers] == [true, true, false]
}

config(name) := {
	"apiVersion": "serving.kserve.io/v1alpha1",
	"kind": "LLMInferenceServiceConfig",
	"metadata": {"name": name},
	"spec": {"template": {"containers": [{"name": "main"}]}},
}

test_a_config_with_the_name_of_a_preset_inherits_nothing if {
	pods.containers_of(config("mine"))[0].inherits
	not pods.containers_of(config("kserve-config-llm-template"))[0].inherits
}

test_base_refs_may_complete_any_container if {
	pods.containers_of(testing.service({
		"baseRefs": [{"name": "mine"}], "template": {"containers": [{"name": "proxy"}]},
	}))[0].inherits
}

test_malformed_specs_have_no_containers if {
	pods.of(testing.pod("text")) == []
	pods.containers_of(testing.pod({"containers": "text", "initContainers": [3, null]})) == []
	pods.of([1]) == []
}

test_kinds_are_those_of_the_table if {
	pods.kinds == pods.serving_kinds | {split(key, "/")[1] | some key, _ in data.lib.workloads.templates}
}
