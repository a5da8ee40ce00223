# How a model gets from the hub into the pod, and which Secret the download is given.
#
# KServe's storage initializer reads the Secrets listed by the pod's ServiceAccount, or the one that
# the annotation serving.kserve.io/storageSecretName names; it recognises the key HF_TOKEN.
package lib.hub

import data.lib.kubernetes as k8s
import data.lib.set
import rego.v1

uri(service) := k8s.text(service, ["spec", "model", "uri"])

# downloads: a storage initializer copies the model before the server starts.
downloads(service) if {
	regex.match(`^(hf|s3)://`, uri(service))
	k8s.get(service, ["spec", "storageInitializer", "enabled"], true) != false
}

# initializer_replaced: the template has a storage-initializer of its own.
initializer_replaced(service) if {
	some container in k8s.list(service, ["spec", "template", "initContainers"])
	k8s.text(container, "name") == "storage-initializer"
}

account(service) := name if {
	name := k8s.text(service, ["spec", "template", "serviceAccountName"])
	name != ""
} else := "default"

# secrets_known: what the ServiceAccount lists can be seen here. An account `default` that is not
# given lists nothing; a config in baseRefs may name another account.
secrets_known(i) if {
	service := set.at(i)
	count(k8s.list(service, ["spec", "baseRefs"])) == 0
	account_seen(service)
}

account_seen(service) if account(service) == "default"

account_seen(service) if {
	count(set.find("", "ServiceAccount", k8s.namespace(service), account(service))) > 0
}

# secrets_of_initializer: names of the Secrets that the download may read.
secrets_of_initializer(i) := listed_secrets(set.at(i)) | annotated_secret(set.at(i))

listed_secrets(service) := {name |
	some name in data.lib.hub.listed[named(k8s.namespace(service), account(service))]
}

# named: what an object of a known kind is found by.
named(namespace, name) := json.marshal([namespace, name])

# listed: names of the Secrets that the ServiceAccounts of a namespace and name list.
listed[key] contains name if {
	some i in set.all("", "ServiceAccount")
	key := named(k8s.namespace(set.at(i)), k8s.name(set.at(i)))
	some item in k8s.list(set.at(i), "secrets")
	name := k8s.text(item, "name")
}

annotated_secret(service) := {name |
	name := k8s.text(k8s.annotations(service), "serving.kserve.io/storageSecretName")
	name != ""
}

# provided: indexes of the objects that make a Secret, by namespace and name.
provided[key] contains i if {
	some i in set.all("", "Secret")
	key := named(k8s.namespace(set.at(i)), k8s.name(set.at(i)))
}

provided[key] contains i if {
	some i in set.all("external-secrets.io", "ExternalSecret")
	key := named(k8s.namespace(set.at(i)), target_of(set.at(i)))
}

# offered: all keys that are known of a Secret, by namespace and name.
offered[name] contains key if {
	some name, indexes in provided
	some i in indexes
	some key in keys(set.at(i))
}

# opaque: the Secrets that may have more keys.
opaque contains name if {
	some name, indexes in provided
	some i in indexes
	not keys_known(set.at(i))
}

target_of(external) := name if {
	name := k8s.text(external, ["spec", "target", "name"])
	name != ""
} else := k8s.name(external)

# keys: of the Secret that a Secret or ExternalSecret makes.
keys(object) := {key | some key, _ in k8s.map(object, "data")} | {key |
	some key, _ in k8s.map(object, "stringData")
} | {key |
	some item in k8s.list(object, ["spec", "data"])
	key := k8s.text(item, "secretKey")
} | {key | some key, _ in k8s.map(object, ["spec", "target", "template", "data"])}

# keys_known: nothing adds keys that cannot be seen here.
keys_known(object) if {
	count(k8s.list(object, ["spec", "dataFrom"])) == 0
	count(keys(object)) > 0
}

key_path(object, key) := [field, key] if {
	some field in ["data", "stringData"]
	k8s.get(object, [field, key], null) != null
	not shadowed(object, field, key)
} else := ["spec", "target", "template", "data", key] if {
	k8s.get(object, ["spec", "target", "template", "data", key], null) != null
} else := ["spec", "data", i, "secretKey"] if {
	i := min({n |
		some n, item in k8s.list(object, ["spec", "data"])
		k8s.text(item, "secretKey") == key
	})
} else := ["metadata", "name"]

shadowed(object, "data", key) if k8s.get(object, ["stringData", key], null) != null

# token_references: where the server is given a hub token from a Secret.
token_references(service) := [found |
	some i, container in k8s.list(service, ["spec", "template", "containers"])
	some j, variable in k8s.list(container, "env")
	k8s.text(variable, "name") in {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}
	reference := k8s.map(variable, ["valueFrom", "secretKeyRef"])
	k8s.text(reference, "name") != ""
	found := {
		"secret": k8s.text(reference, "name"),
		"key": k8s.text(reference, "key"),
		"optional": k8s.get(reference, "optional", false),
		"path": ["spec", "template", "containers", i, "env", j, "valueFrom", "secretKeyRef", "key"],
	}
]
