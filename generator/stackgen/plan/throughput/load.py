"""A server under load: how many sequences it runs, and the latency of requests, by percentile.

Requests come at a rate (Poisson), or from users of whom each sends a request when the last one is
answered. A request waits for a place among the running sequences (M/M/c, by Sakasegawa's formula)
and for the prompts before it (M/D/1, by the formula of Pollaczek and Khinchine). The tail of a wait
is exponential. The number of running sequences varies as of a Poisson process.

Sources: H. Sakasegawa, An approximation formula Lq = a rho^b / (1 - rho), 1977; L. Kleinrock,
Queueing Systems, 1975. The prompt is computed in chunks, each with one step of the others.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from stackgen.plan.throughput.anchors import Anchor, ratio
from stackgen.plan.throughput.roofline import (
    Constants,
    Lengths,
    Server,
    prompt_s,
    request_s,
    slots,
    step_s,
)
from stackgen.record import record

# Percentile -> share of requests below it, and the quantile of the normal distribution.
SHARES: Mapping[str, float] = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
_NORMAL: Mapping[str, float] = {"p50": 0.0, "p90": 1.2816, "p95": 1.6449, "p99": 2.3263}
_BUSIEST = 0.99  # the formulas have a pole at 1


@record
class Speed:
    """A server with what is known of its speed. chunk: tokens of a prompt in one step. transfer:
    seconds in which the KV cache of a prompt moves to another server.
    """

    server: Server
    lengths: Lengths
    constants: Constants
    chunk: int
    anchors: tuple[Anchor, ...] = ()
    transfer: float = 0.0

    def slowed(self, factor: float) -> Speed:
        """The same, were everything to take so many times as long."""
        slower = self.constants.slower * factor
        return replace(self, constants=replace(self.constants, slower=slower))


@record
class Load:
    """What one server gets: requests a second, or users; the other is 0."""

    rate: float
    users: float


@record
class Service:
    """The server at a load. running: sequences. rate: requests a second that it answers."""

    load: Load
    running: float
    rate: float
    utilization: float


def seconds(speed: Speed, running: float) -> float:
    """Seconds of a request with `running` sequences, as measured where it was."""
    modelled = request_s(speed.server, speed.lengths, running, speed.constants)
    return modelled * ratio(speed.anchors, "request", speed.lengths, running)


def most(speed: Speed) -> float:
    """Sequences that the server can run; at least a part of one."""
    return slots(speed.server, speed.lengths)


def capacity(speed: Speed) -> float:
    """Requests a second at full load."""
    return most(speed) / seconds(speed, most(speed))


def serve(speed: Speed, load: Load) -> Service | None:
    """The server at `load`; None where more requests come than it answers."""
    full = capacity(speed)
    if load.users:
        running = min(load.users, most(speed))
        rate = running / seconds(speed, running)
        return Service(load, running, rate, min(1.0, load.users / most(speed)))
    if load.rate >= full * _BUSIEST:
        return None
    low, high = 0.0, most(speed)
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if load.rate * seconds(speed, middle) > middle else (low, middle)
    return Service(load, high, load.rate, load.rate / full)


def tpot(speed: Speed, service: Service, at: str) -> float:
    """Seconds from one output token to the next, at a percentile of SHARES."""
    running = service.running
    if service.load.rate:
        running = min(most(speed), running + _NORMAL[at] * math.sqrt(running))
    constants, lengths = speed.constants, speed.lengths
    whole = request_s(speed.server, lengths, running, constants)
    step = constants.slower * step_s(speed.server, lengths, running, constants)
    own = constants.slower * prompt_s(speed.server, lengths, constants)
    modelled = max(step, (whole - own) / lengths.output)
    return modelled * ratio(speed.anchors, "tpot", lengths, running, at)


def ttft(speed: Speed, service: Service, at: str) -> float:
    """Seconds from the request to its first token, at a percentile of SHARES."""
    constants, lengths, server = speed.constants, speed.lengths, speed.server
    own = constants.slower * prompt_s(server, lengths, constants)
    step = constants.slower * step_s(server, lengths, service.running, constants)
    chunks = math.ceil(max(1.0, lengths.input * (1 - lengths.cached)) / speed.chunk)
    alone = own * server.stages + (chunks + 0.5) * step
    busy = min(_BUSIEST, service.rate * own)
    wait, waits = busy * own / (2 * (1 - busy)), busy
    if service.load.rate:
        places, rho = max(1.0, most(speed)), service.utilization
        queued = rho ** (math.sqrt(2 * (places + 1)) - 1)
        wait += seconds(speed, most(speed)) * queued / (places * (1 - rho))
        waits = min(1.0, waits + queued)
    else:
        alone += max(0.0, service.load.users - most(speed)) / service.rate
    above = 1 - SHARES[at]
    tail = wait / waits * math.log(waits / above) if waits > above else 0.0
    kind = "ttft_rate" if service.load.rate else "ttft_users"
    measured = (alone + tail) * ratio(speed.anchors, kind, lengths, service.running, at)
    return measured + speed.transfer
