# Image references: where they are, and what their parts are.
package lib.images

import data.lib.kubernetes as k8s
import data.lib.pods
import rego.v1

# images: the images of the document under test that are written out (templates are not). Of a serving
# kind also the image with the weights.
images := array.concat(runtimes, array.concat(weights, array.concat(
	[{"image": image, "path": array.concat(found.path, ["image"])} |
		some found in data.lib.pods.containers
		image := k8s.text(found.container, "image")
		written(image)
	],
	[{"image": image, "path": array.concat(pod.path, ["volumes", i, "image", "reference"])} |
		some pod in data.lib.pods.pods
		some i, volume in k8s.list(pod.spec, "volumes")
		image := k8s.text(volume, ["image", "reference"])
		written(image)
	],
)))

# runtimes: those of KServe's kinds that keep containers without a Pod spec.
runtimes := [{"image": image, "path": array.concat(path, ["image"])} |
	some path in runtime_containers
	image := k8s.text(input, array.concat(path, ["image"]))
	written(image)
]

runtime_containers := [["spec", "containers", i] |
	some i, _ in k8s.list(input, ["spec", "containers"])
] if {
	input.kind in {"ServingRuntime", "ClusterServingRuntime"}
	k8s.group(input) == "serving.kserve.io"
} else := array.concat(
	[["spec", "predictor", "model"]],
	[["spec", part, "containers", i] |
		some part in ["predictor", "transformer"]
		some i, _ in k8s.list(input, ["spec", part, "containers"])
	],
) if {
	input.kind == "InferenceService"
	k8s.group(input) == "serving.kserve.io"
} else := []

weights := [{"image": image, "path": ["spec", "model", "uri"]} |
	pods.is_serving(input)
	uri := k8s.text(input, ["spec", "model", "uri"])
	startswith(uri, "oci://")
	image := substring(uri, 6, -1)
	written(image)
]

# "auto" is what Istio's injector replaces.
written(image) if {
	not image in {"", "auto"}
	not regex.match(`\{\{|\$`, image)
}

# tag: the text after the last colon of the last path part, "" without one.
tag(image) := parts[count(parts) - 1] if {
	last := regex.replace(split(image, "@")[0], `^.*/`, "")
	parts := split(last, ":")
	count(parts) > 1
} else := ""

# full_name: with the registry that is meant when none is written.
full_name(image) := image if {
	contains(image, "/")
	host := split(image, "/")[0]
	has_host(host)
} else := sprintf("docker.io/%s", [image]) if {
	contains(image, "/")
} else := sprintf("docker.io/library/%s", [image])

has_host(host) if regex.match(`[.:]|^localhost$`, host)
