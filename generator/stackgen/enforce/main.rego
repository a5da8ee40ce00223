package stackgen.gatekeeper

{violations}
reviewed := input.review.object

given := object.get(input, "parameters", {})

# There is an object to judge: it is not being deleted, and no controller made it.
judged if {
	object.get(input.review, "operation", "") != "DELETE"
	is_object(reviewed)
	not skipped
}

skipped if {
	object.get(given, "includeOwned", false) == false
	some owner in object.get(reviewed, ["metadata", "ownerReferences"], [])
	object.get(owner, "controller", false) == true
}
