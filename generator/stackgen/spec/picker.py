"""The typed spec of the endpoint picker of a model."""

from typing import Any

from stackgen.origin import Traced
from stackgen.record import record
from stackgen.spec.fields import DNS_SUBDOMAIN, spec_field

POD_TEMPLATE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "metadata": {"type": "object", "description": "Labels and annotations of the Pods."},
        "spec": {"type": "object", "description": "Fields of the Pod spec."},
    },
    "additionalProperties": False,
}


@record
class Scorer:
    """A scorer of the endpoint picker."""

    name: Traced[str] = spec_field(
        "Type of the plugin, such as prefix-cache-scorer. The endpoint picker of the release must "
        "have it.",
        pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
        maxLength=63,
        allowed="a plugin type such as prefix-cache-scorer",
    )
    weight: Traced[float] = spec_field(
        "Weight in the sum that decides. Each score is from 0 to 1.", minimum=0, maximum=1000
    )


@record
class PickerRole:
    """A Role of the endpoint picker, and the RoleBinding to its ServiceAccount."""

    name: Traced[str] = spec_field("Name of the Role.", pattern=DNS_SUBDOMAIN)
    binding: Traced[str | None] = spec_field(
        "Name of the RoleBinding. Default: the name of the Role.", None, pattern=DNS_SUBDOMAIN
    )
    rules: tuple[Traced[Any], ...] = spec_field(
        "Rules, as in a Role.", minItems=1, items={"type": "object", "required": ["verbs"]}
    )


@record
class PickerConfigMap:
    """The ConfigMap with the configuration of the endpoint picker."""

    name: Traced[str | None] = spec_field(
        "Name of the ConfigMap. Default: there is none, and the configuration is in the command "
        "line of the endpoint picker.",
        None,
        pattern=DNS_SUBDOMAIN,
    )
    key: Traced[str] = spec_field(
        "Key of the configuration in the ConfigMap.",
        "plugins.yaml",
        pattern=r"^[-._a-zA-Z0-9]+$",
        maxLength=253,
        allowed="letters, digits, '-', '_' and '.'",
    )
    files: Traced[Any] = spec_field(
        "More entries of the ConfigMap, by key.",
        None,
        type="object",
        minProperties=1,
        additionalProperties={"type": "string"},
    )


@record
class Picker:
    """How the endpoint picker weighs the servers of a model."""

    scorers: tuple[Scorer, ...] = spec_field(
        "The scorers, in place of those of the release. `stackgen expand` shows the configuration.",
        (),
    )
    queueThreshold: Traced[int | None] = spec_field(
        "Waiting requests of a server at which load-aware-scorer gives it the lowest score. "
        "Default: 128, of the endpoint picker.",
        None,
        minimum=1,
        maximum=1000000,
    )
    prefixBlocks: Traced[int | None] = spec_field(
        "Longest prefix that the endpoint picker compares, in blocks. Default: 256, of the "
        "endpoint picker.",
        None,
        minimum=1,
        maximum=1000000,
    )
    prefixCapacity: Traced[int | None] = spec_field(
        "Blocks that the endpoint picker remembers for each server. Default: 31250, of the "
        "endpoint picker.",
        None,
        minimum=1,
        maximum=100000000,
    )
    blockSize: Traced[int | None] = spec_field(
        "Tokens of a block of the KV cache, for vLLM and for the endpoint picker. Default: vLLM "
        "decides, and the endpoint picker reads it from the metrics of the servers.",
        None,
        minimum=1,
        maximum=1024,
    )
    config: Traced[Any] = spec_field(
        "EndpointPickerConfig, in place of that of the release and of the settings above.",
        None,
        type="object",
        minProperties=1,
    )
    configMap: PickerConfigMap = spec_field(
        "The ConfigMap with the configuration. A change of it replaces the endpoint picker.", ()
    )
    replicas: Traced[int] = spec_field(
        "Number of endpoint pickers. Of several, one answers, because two of them would each know "
        "half of the requests. The others wait for its lease. UNVERIFIED: several were not run on "
        "a cluster.",
        1,
        minimum=1,
        maximum=5,
    )
    roles: tuple[PickerRole, ...] = spec_field(
        "Roles of the endpoint picker. Default: one with the permissions that it needs.", ()
    )
    labels: Traced[Any] = spec_field(
        "Labels of the objects of the endpoint picker and of its InferencePool. Default: `labels` "
        "of the model.",
        None,
        type="object",
        minProperties=1,
        additionalProperties={"type": "string"},
    )
    selector: Traced[Any] = spec_field(
        "Labels that select the Pods of the endpoint picker. Default: those of the stack.",
        None,
        type="object",
        minProperties=1,
        additionalProperties={"type": "string"},
    )
    ports: tuple[Traced[Any], ...] = spec_field(
        "More ports of the Service of the endpoint picker, as in a Service.",
        (),
        items={"type": "object", "required": ["name", "port"]},
    )
    template: Traced[Any] = spec_field(
        "Pod template fields to merge into the Pods of the endpoint picker, as in `template` of "
        "the model. Its container is named picker.",
        None,
        **POD_TEMPLATE,
    )
