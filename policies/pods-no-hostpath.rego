package main

import data.lib.kubernetes as k8s
import data.lib.pods
import rego.v1

# METADATA
# title: A Pod mounts a hostPath volume, or another volume type that the restricted profile does not allow.
# custom:
#   severity: error
#   scope: file
#   kinds: pods
deny contains {"id": "pods-no-hostpath", "msg": msg, "path": path} if {
	some pod in data.lib.pods.pods
	some i, volume in k8s.list(pod.spec, "volumes")
	is_object(volume)
	some type, _ in volume
	not type in restricted_volumes
	msg := sprintf("volume '%s' is of type %s%s", [k8s.text(volume, "name"), type, volume_note(type, volume)])
	path := array.concat(pod.path, ["volumes", i, type])
}

restricted_volumes := {
	"name", "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image",
	"persistentVolumeClaim", "projected", "secret",
}

volume_note("hostPath", volume) := sprintf(": it mounts %s of the node", [k8s.text(volume, ["hostPath", "path"])])

volume_note(type, _) := ", which the restricted profile refuses" if type != "hostPath"
