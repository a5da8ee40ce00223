"""The typed spec of servers that read prompts, and of the host resources of either role."""

from typing import Any

from stackgen.origin import Traced
from stackgen.record import record
from stackgen.spec.autoscaling import Autoscaling
from stackgen.spec.fields import spec_field


@record
class Resources:
    """Host resources of one model server pod."""

    cpu: Traced[str | None] = spec_field(
        "CPU request. Default: derived from the model and the machine.",
        None,
        pattern=r"^[1-9][0-9]{0,6}m?$",
        allowed="a CPU quantity such as 4 or 500m, in quotes",
    )
    memory: Traced[str | None] = spec_field(
        "Memory request and limit. Default: derived from the size of the model.",
        None,
        pattern=r"^[1-9][0-9]{0,7}(Mi|Gi)$",
        allowed="a whole number above 0 with Mi or Gi, such as 32Gi",
    )


@record
class Prefill:
    """Servers that read the prompts of a model. `replicas` or `autoscaling` is required."""

    replicas: Traced[int | None] = spec_field(
        "Number of prefill servers. `replicas` of the model is the number of decode servers. With "
        "`traffic`, `stackgen plan` says which numbers hold it.",
        None,
        minimum=1,
        maximum=1000,
    )
    autoscaling: Autoscaling = spec_field(
        "Number of prefill servers by a metric of their own, instead of `replicas`. Default: none.",
        (),
    )
    nodePool: Traced[str | None] = spec_field(
        "Name of the node pool of the prefill servers. Default: that of the model.", None
    )
    gpus: Traced[int | None] = spec_field(
        "GPUs per prefill server, on a GPU pool. Default: as the model.",
        None,
        minimum=1,
        maximum=16,
    )
    concurrency: Traced[int | None] = spec_field(
        "Maximum number of sequences that one prefill server processes at the same time. "
        "Default: as the model.",
        None,
        minimum=1,
        maximum=100000,
    )
    args: tuple[Traced[str], ...] = spec_field(
        "Flags of vLLM for the prefill servers, instead of `args` of the model.",
        (),
        items={"pattern": r"^--[a-z0-9][-a-z0-9]*(=[^{}]*)?$"},
        allowed="one flag such as --max-num-seqs=256 and no braces",
    )
    resources: Resources = spec_field("CPU and memory of a prefill Pod.", ())
    template: Traced[Any] = spec_field(
        "Pod template fields to merge into the prefill Pods. Default: `template` of the model.",
        None,
        type="object",
        properties={
            "metadata": {"type": "object", "description": "Labels and annotations of the Pods."},
            "spec": {"type": "object", "description": "Fields of the Pod spec."},
        },
        additionalProperties=False,
    )
    selector: Traced[Any] = spec_field(
        "Labels that select the prefill Pods, as `selector` of the model.",
        None,
        type="object",
        minProperties=1,
        additionalProperties={"type": "string"},
    )
