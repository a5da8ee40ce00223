package main

import data.lib.kubernetes as k8s
import data.lib.set
import rego.v1

# METADATA
# title: An object is defined twice with different content.
# description: >-
#   Judged for definitions in one file, and for all that bear the label
#   app.kubernetes.io/managed-by: stackgen. Variants of an object in files of their own may be
#   alternatives.
# custom:
#   severity: error
#   scope: set
#   kinds: all
deny contains {"id": "gitops-unique-objects", "msg": msg, "path": ["metadata", "name"], "object": set.about(later)} if {
	some _, indexes in data.lib.set.identified
	count(indexes) > 1
	ordered := sort(indexes)
	first := ordered[0]
	some later in array.slice(ordered, 1, count(ordered))
	set.at(first) != set.at(later)
	belong_together(first, later)
	msg := sprintf("%s %s is already defined in %s with different content", [
		k8s.kind(set.at(later)), k8s.name(set.at(later)), k8s.text(data.lib.set.documents[first], "path"),
	])
}

# A script may apply one of several, and Terraform creates one of several by their `count`.
belong_together(a, b) if {
	data.lib.set.documents[a].path == data.lib.set.documents[b].path
	not regex.match(`\.(sh|bash|tf)$`, data.lib.set.documents[a].path)
}

belong_together(a, b) if {
	every i in [a, b] {
		k8s.text(k8s.labels(set.at(i)), "app.kubernetes.io/managed-by") == "stackgen"
	}
}
