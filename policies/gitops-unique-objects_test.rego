package main

import data.lib.testing
import rego.v1

config_named(name, values) := {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "n"}, "data": values}

in_files(files, objects) := [{"path": files[i], "contents": object} | some i, object in objects]

unique_findings(documents) := testing.about(results, "gitops-unique-objects") if {
	results := deny with input as documents
}

test_gitops_unique_objects_finds_the_later_one if {
	objects := [config_named("a", {"x": "1"}), config_named("a", {"x": "2"}), config_named("b", {})]
	unique_findings(in_files(["f", "f", "f"], objects)) == {["ConfigMap", "a", ["metadata", "name"]]}
}

test_gitops_unique_objects_leaves_copies_and_variants if {
	unique_findings(in_files(["f", "f"], [config_named("a", {}), config_named("a", {})])) == set()
	unique_findings(in_files(["f", "g"], [config_named("a", {"x": "1"}), config_named("a", {"x": "2"})])) == set()
	unique_findings(in_files(["dns.tf", "dns.tf"], [config_named("a", {"x": "1"}), config_named("a", {"x": "2"})])) == set()
	unique_findings(in_files(["up.sh", "up.sh"], [config_named("a", {"x": "1"}), config_named("a", {"x": "2"})])) == set()
}

test_gitops_unique_objects_holds_across_files_of_one_stack if {
	ours := {"metadata": {"labels": {"app.kubernetes.io/managed-by": "stackgen"}}}
	objects := [object.union(config_named("a", {"x": "1"}), ours), object.union(config_named("a", {"x": "2"}), ours)]
	count(unique_findings(in_files(["f", "g"], objects))) == 1
}
