violation contains {"msg": result.msg, "details": {"id": result.id, "path": result.path}} if {
	object.get(given, "results", "deny") == "{entry}"
	judged
	results := data.lib.policy.{entry} with input as reviewed with data.lib.facts.given as given
	some result in results
}
