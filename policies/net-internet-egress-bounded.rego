package main

import data.lib.kubernetes as k8s
import data.lib.network
import rego.v1

# METADATA
# title: Egress to the internet includes the metadata server or private networks.
# custom:
#   severity: error
#   scope: file
#   kinds: NetworkPolicy
deny contains {"id": "net-internet-egress-bounded", "msg": msg, "path": path} if {
	some block in internet_blocks
	reached := sort({range | some range in private_ranges; reaches(block, range)})
	count(reached) > 0
	msg := sprintf("egress of %s to %s also reaches %s", [k8s.name(input), block.cidr, concat(", ", reached)])
	path := array.concat(block.path, ["ipBlock", "except"])
}

deny contains {"id": "net-internet-egress-bounded", "msg": msg, "path": path} if {
	some block in internet_blocks
	count(block.ports) == 0
	msg := sprintf("egress of %s to %s is open on every port", [k8s.name(input), block.cidr])
	path := array.concat(block.path, ["ipBlock"])
}

private_ranges := {
	"10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
	"fc00::/7", "fe80::/10",
}

# An address range inside the private ones was meant for something in particular.
internet_blocks := [block |
	count(data.lib.network.directed.Egress) > 0
	"Egress" in network.types(network.spec(input))
	some rule in data.lib.network.directed.Egress
	some i, peer in rule.peers
	is_object(k8s.get(peer, "ipBlock", null))
	cidr := k8s.text(peer, ["ipBlock", "cidr"])
	net.cidr_is_valid(cidr)
	not inside_private(cidr)
	block := {
		"cidr": cidr,
		"except": [e |
			some e in k8s.strings(k8s.list(peer, ["ipBlock", "except"]))
			net.cidr_is_valid(e)
		],
		"ports": rule.ports,
		"path": array.concat(rule.path, ["to", i]),
	}
]

inside_private(cidr) if {
	some range in private_ranges
	net.cidr_contains(range, cidr)
}

reaches(block, range) if {
	net.cidr_contains(block.cidr, range)
	not excepted(block, range)
}

excepted(block, range) if {
	some except in block.except
	net.cidr_contains(except, range)
}
