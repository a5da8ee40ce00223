package lib.probes_test

import data.lib.probes
import rego.v1

main_container(fields, inherited) := {"container": fields, "inherits": inherited, "path": [], "type": "containers"}

early := {"presets": {"main": {"livenessProbe": {"initialDelaySeconds": 120, "failureThreshold": 3}}}}

later := {"presets": {"main": {
	"startupProbe": {"periodSeconds": 10, "failureThreshold": 60},
	"livenessProbe": {"failureThreshold": 10},
}}}

test_budget_without_probes_is_undefined if not probes.budget(main_container({}, false))

test_budget_takes_the_startup_probe_first if {
	probes.budget(main_container({"startupProbe": {"periodSeconds": 30, "failureThreshold": 100}, "livenessProbe": {}}, false)) == 3000
	probes.budget(main_container({"livenessProbe": {"initialDelaySeconds": 240, "periodSeconds": 30, "failureThreshold": 5}}, false)) == 390
	probes.budget(main_container({"livenessProbe": {}}, false)) == 30
}

test_budget_counts_the_preset_of_the_release if {
	probes.budget(main_container({}, true)) == 600 with data.stackgen as later
	probes.budget(main_container({"startupProbe": {"failureThreshold": 100}}, true)) == 1000 with data.stackgen as later
	probes.budget(main_container({}, true)) == 150 with data.stackgen as early
}

test_budget_is_unknown_where_the_preset_is if {
	not probes.budget(main_container({"livenessProbe": {}}, true))
}
