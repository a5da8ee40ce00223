"""The typed spec of replicas that follow a metric."""

from stackgen.origin import Traced
from stackgen.record import record
from stackgen.spec.fields import spec_field

CONCURRENT, WAITING, KV_CACHE = "concurrent-requests", "waiting-requests", "kv-cache"
TOKENS, HELD = "output-tokens", "picker-queue"
TTFT, TPOT = LATENCIES = ("ttft", "tpot")


@record
class Autoscaling:
    """Replicas that KEDA sets, instead of `replicas`. `max` is required, and most metrics need a
    `target`.
    """

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
        "The metric that sets the replicas. concurrent-requests: running and waiting requests. "
        "waiting-requests: requests in the queues of the servers. kv-cache: used share of the KV "
        "cache. output-tokens: output tokens per second. picker-queue: requests that the endpoint "
        "picker holds back while all servers are full. ttft, tpot: seconds to the first token, and "
        "from one token to the next, at the highest percentile that `slo` limits, or else p95.",
        CONCURRENT,
        enum=[CONCURRENT, WAITING, KV_CACHE, TOKENS, HELD, TTFT, TPOT],
    )
    target: Traced[float | None] = spec_field(
        "Value of the metric per model server. Above it, KEDA adds servers. For kv-cache, a share "
        "from 0 to 1. Default for ttft and tpot: 0.55 of the limit in `slo`.",
        None,
        minimum=0.001,
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
