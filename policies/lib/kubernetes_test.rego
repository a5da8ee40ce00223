package lib.kubernetes_test

import data.lib.kubernetes as k8s
import rego.v1

test_values_of_the_wrong_type_read_as_empty if {
	k8s.map({"a": 1}, "a") == {}
	k8s.list({"a": {"b": "x"}}, ["a", "b"]) == []
	k8s.text(["a"], "a") == ""
	k8s.number({"a": "1"}, "a", 7) == 7
	k8s.get(null, ["a"], 5) == 5
}

test_group_of_an_api_version if {
	k8s.group({"apiVersion": "apps/v1"}) == "apps"
	k8s.group({"apiVersion": "v1"}) == ""
	k8s.group({}) == ""
}

test_quantities if {
	k8s.quantity("1Gi") == 1073741824
	k8s.quantity("500m") == 0.5
	k8s.quantity(4) == 4
	not k8s.quantity("lots")
}

test_selectors if {
	k8s.matches({}, {"a": "b"})
	k8s.matches({"matchLabels": {"a": "b"}}, {"a": "b", "c": "d"})
	not k8s.matches({"matchLabels": {"a": "b"}}, {"a": "c"})
	k8s.matches({"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}, {"a": "b"})
	not k8s.matches({"matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]}, {})
	k8s.matches({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["b"]}]}, {})
	k8s.matches({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, {"a": ""})
	k8s.matches({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, {"b": ""})
	not k8s.matches({"matchExpressions": [{"key": "a", "operator": "Near"}]}, {"a": ""})
}

test_placeholders if {
	every text in ["", "<your token>", "${TOKEN}", "$(TOKEN)", "{{ .Values.token }}", "REPLACE_ME", "changeme", "EMPTY"] {
		k8s.placeholder(text)
	}
	not k8s.placeholder("c2VjcmV0IHZhbHVl")
}
