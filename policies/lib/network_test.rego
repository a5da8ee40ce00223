package lib.network_test

import data.lib.network
import rego.v1

test_types_follow_from_the_rules_when_left_out if {
	network.types({}) == {"Ingress"}
	network.types({"egress": []}) == {"Ingress"}
	network.types({"egress": [{}]}) == {"Ingress", "Egress"}
	network.types({"policyTypes": ["Egress"]}) == {"Egress"}
}

test_rules_that_name_nothing_allow_everything if {
	network.allows_everything({"ingress": [{}]}, "Ingress")
	network.allows_everything({"egress": [{"to": [], "ports": []}]}, "Egress")
	not network.allows_everything({"ingress": []}, "Ingress")
	not network.allows_everything({"ingress": [{"ports": [{"port": 1}]}]}, "Ingress")
}
