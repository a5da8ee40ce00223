package main

import data.lib.kubernetes as k8s
import data.lib.network
import rego.v1

# METADATA
# title: An address range of a NetworkPolicy has bits set after its prefix.
# description: >-
#   Only what the API server accepts without a word is judged here; the rest of a port or range is
#   schema-native's matter, names of ports net-port-name-unknown's.
# custom:
#   severity: warning
#   scope: file
#   kinds: NetworkPolicy
warn contains {"id": "net-port-sanity", "msg": msg, "path": path} if {
	some direction in ["Ingress", "Egress"]
	some rule in data.lib.network.directed[direction]
	some i, peer in rule.peers
	is_object(k8s.get(peer, "ipBlock", null))
	some found in written_ranges(peer)
	first := first_address(found.cidr)
	first != split(found.cidr, "/")[0]
	msg := sprintf("%s means %s/%s", [found.cidr, first, split(found.cidr, "/")[1]])
	path := array.concat(rule.path, array.concat([network.peer_field(direction), i, "ipBlock"], found.path))
}

written_ranges(peer) := array.concat(
	[{"cidr": cidr, "path": ["cidr"]} | cidr := k8s.text(peer, ["ipBlock", "cidr"])],
	[{"cidr": cidr, "path": ["except", n]} |
		some n, cidr in k8s.list(peer, ["ipBlock", "except"])
		is_string(cidr)
	],
)

# first_address: of a range of IPv4, undefined for anything else.
first_address(cidr) := sprintf("%d.%d.%d.%d", octets) if {
	regex.match(`^(0|[1-9][0-9]{0,2})(\.(0|[1-9][0-9]{0,2})){3}/(0|[1-9]|[12][0-9]|3[0-2])$`, cidr)
	parts := split(cidr, "/")
	bits_kept := to_number(parts[1])
	octets := [octet |
		some n, text in split(parts[0], ".")
		octet := kept(to_number(text), min([8, max([0, bits_kept - (8 * n)])]))
	]
}

# kept: an octet with all but its first bits cleared.
kept(octet, first_bits) := octet - (octet % steps[first_bits])

steps := [256, 128, 64, 32, 16, 8, 4, 2, 1]
