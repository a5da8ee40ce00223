# Routes that lead from the outside to a model server.
package lib.models

import data.lib.gateways
import data.lib.kubernetes as k8s
import data.lib.set
import rego.v1

# public_routes: indexes of the HTTPRoutes that a public Gateway of the set serves.
public_routes := {i |
	some key in {key | some g in data.lib.gateways.public; key := gateways.key_of(set.at(g))}
	some i in object.get(data.lib.gateways.referring, key, set())
}

# serves: a rule of a route leads to a model: to an InferencePool, or to the Service of KServe's
# servers.
serves(rule) if {
	some backend in k8s.list(rule, "backendRefs")
	k8s.text(backend, "kind") == "InferencePool"
}

serves(rule) if {
	some backend in k8s.list(rule, "backendRefs")
	endswith(k8s.text(backend, "name"), "-kserve-workload-svc")
}
