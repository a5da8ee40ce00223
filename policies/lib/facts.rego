# What is known about the cluster: `data.stackgen`, given by the runner or by `conftest --data`.
#
# stackgen: {release: <row of the release catalogue>, profile: {...}}. The keys of the profile are
# listed in policies/README.md. Nothing has to be given.
package lib.facts

import data.lib.kubernetes as k8s
import rego.v1

default given := {}

given := data.stackgen if is_object(data.stackgen)

profile := k8s.map(given, "profile")

release := k8s.text(given, "release")

stage := k8s.text(profile, "stage")

allowed_registries := k8s.strings(k8s.list(profile, "allowedRegistries"))
