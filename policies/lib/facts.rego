# What is known about the cluster: `data.stackgen`, given by the runner or by `conftest --data`.
#
# stackgen: {servesTLS: <boolean>, appendsArgs: <boolean>, presets: {main: <container>}, profile: {...}}.
# They are explained in policies/README.md. Nothing has to be given.
package lib.facts

import data.lib.kubernetes as k8s
import rego.v1

default given := {}

given := data.stackgen if is_object(data.stackgen)

profile := k8s.map(given, "profile")

# appends_args: whether the preset's command takes `args` of the container `main` as further flags.
appends_args if k8s.get(given, "appendsArgs", false) == true

# serves_tls: whether servers and gateway speak TLS in the release, if nothing says otherwise.
serves_tls if k8s.get(given, "servesTLS", false) == true

# preset: what the controller puts below the container main of a service; empty when not known.
preset := k8s.map(given, ["presets", "main"])

stage := k8s.text(profile, "stage")

# open_network: a recorded decision for namespaces without default-deny.
open_network if k8s.get(profile, "defaultDeny", true) == false

allowed_registries := k8s.strings(k8s.list(profile, "allowedRegistries"))

# Namespaces of the platform; their policies come with their installation.
foreign_namespace(name) if {
	name in {
		"kube-system", "kube-public", "kube-node-lease", "gmp-system", "gmp-public", "istio-system",
		"cert-manager", "cert-manager-operator", "external-secrets", "flux-system", "argocd",
		"cnrm-system", "configconnector-operator-system", "gatekeeper-system", "lws-system", "keda",
	}
}

foreign_namespace(name) if startswith(name, "gke-")

foreign_namespace(name) if startswith(name, "openshift-")

foreign_namespace(name) if name in k8s.list(profile, "foreignNamespaces")
