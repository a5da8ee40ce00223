"""The typed spec of replicas that follow a metric."""

from stackgen.origin import Traced
from stackgen.record import record
from stackgen.spec.fields import spec_field

CONCURRENT, WAITING, KV_CACHE = "concurrent-requests", "waiting-requests", "kv-cache"
TOKENS, HELD = "output-tokens", "picker-queue"


@record
class Autoscaling:
    """Replicas that KEDA sets, instead of `replicas`. `max` and `target` are required."""

    min: Traced[int] = spec_field(
        "Minimum number of model servers. 0: no server runs while no requests come. The first "
        "requests wait in the endpoint picker until a server is ready.",
        1,
        minimum=0,
        maximum=1000,
    )
    max: Traced[int | None] = spec_field(
        "Maximum number of model servers.", None, minimum=1, maximum=1000
    )
    metric: Traced[str] = spec_field(
        "Metric that decides. concurrent-requests: running and waiting requests. "
        "waiting-requests: requests in the queues of the servers. kv-cache: used share of the KV "
        "cache. output-tokens: output tokens per second. picker-queue: requests that the endpoint "
        "picker holds back while all servers are full.",
        CONCURRENT,
        enum=[CONCURRENT, WAITING, KV_CACHE, TOKENS, HELD],
    )
    target: Traced[float | None] = spec_field(
        "Value of the metric per model server. Above it, KEDA adds servers. For kv-cache, a share "
        "from 0 to 1.",
        None,
        minimum=0.01,
        maximum=10000000,
        examples=[32, 0.8],
    )
    scaleDownSeconds: Traced[int | None] = spec_field(
        "Seconds for which fewer servers must be enough before KEDA removes some, at most 3600. "
        "Default: the expected start-up time, at least 300.",
        None,
        minimum=0,
        maximum=3600,
    )
