"""The flows of a stack, needed and forbidden: rows of flows.yaml applied to the Pods there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Literal

from stackgen.net.model import Endpoint, World
from stackgen.net.ports import Ports
from stackgen.net.profile import Profile, data
from stackgen.platforms.registry import network
from stackgen.record import record

Kind = Literal["needed", "forbidden"]
KINDS: tuple[Kind, ...] = ("needed", "forbidden")


@record(eq=False)
class Flow:
    """One connection between two endpoints that must be possible, or must not be.

    gates: the end that becomes ready only when it is open: `from`, `to`, or empty for neither.
    unknown: why it cannot be judged, if it cannot.
    """

    id: str
    kind: Kind
    source: Endpoint
    destination: Endpoint
    ports: Ports
    reason: str
    gates: str = ""
    unknown: str = ""


# The identities of the endpoints to which one may send.
Reach = Callable[[Endpoint], Iterable[int]]


def flows_of(world: World, profile: Profile, reach: Reach | None = None) -> list[Flow]:
    """Every flow of the stack, needed ones first, in the order of the rows.

    reach: leaves out forbidden flows to endpoints that the source does not reach. Each model has
    forbidden flows to all others.
    """
    by_role: dict[str, list[Endpoint]] = {}
    for endpoint in world.endpoints:
        by_role.setdefault(endpoint.role, []).append(endpoint)
    by_role |= _readers(profile, by_role)
    found = []
    for kind in KINDS:
        for row in (*data("flows")[kind], *network(profile.platform).get(kind, ())):
            if not profile.holds(row.get("when", "")):
                continue
            ports = profile.port_set(row["ports"])
            blind = profile.closed and profile.api_server is None
            unknown = UNKNOWN if blind and _about_api_server(row) else ""
            near = reach if kind == "forbidden" else None
            for source, destination in _pairs(row, by_role, near):
                gates, why = row.get("gates", ""), row["reason"]
                found.append(Flow(row["id"], kind, source, destination, ports, why, gates, unknown))
    for number, declared in enumerate(profile.declared, start=1):
        for source in _declared(declared.source, FROM, by_role):
            for destination in _declared(declared.destination, TO, by_role):
                if source is not destination:
                    found.append(Flow(
                        f"D{number}", "needed", source, destination, declared.ports,
                        declared.reason, "from",  # perhaps it starts without; nothing says so
                    ))  # fmt: skip
    return found


def _readers(profile: Profile, by_role: Mapping[str, list[Endpoint]]) -> dict[str, list[Endpoint]]:
    """Model servers by whether a sidecar beside them reads the Pods of their pool."""
    split = {one.owner for one in by_role.get("model-prefill", ())}
    reads = profile.holds("sidecar-reads-pools")
    found: dict[str, list[Endpoint]] = {"pool-reader": [], "no-reader": []}
    for one in by_role.get("model", ()):
        found["pool-reader" if reads and one.owner in split else "no-reader"].append(one)
    return found


UNKNOWN = "spec.cluster.controlPlaneCidr is not set"


def _about_api_server(row: dict[str, Any]) -> bool:
    """Whether the API server is an end, or the connection is open as long as its address is not
    known (`open-without: api-server`)."""
    ends = [end for key in ("from", "to") for end in _listed(row[key])]
    return "api-server" in ends or row.get("open-without") == "api-server"


# The words of `network.allow` for the stack's own Pods, where connections come from and go to.
FROM = {
    "models": ("model", "model-worker", "model-prefill"),
    "schedulers": ("scheduler",),
    "gateway": ("gateway",),
}
TO = {"models": ("model",), "schedulers": ("scheduler",), "gateway": ("gateway",)}


def _declared(
    end: str, own: Mapping[str, tuple[str, ...]], by_role: dict[str, list[Endpoint]]
) -> list[Endpoint]:
    roles = own.get(end, (f"declared {end}",))
    return [found for role in roles for found in by_role.get(role, ())]


def _pairs(
    row: dict[str, Any], by_role: dict[str, list[Endpoint]], reach: Reach | None
) -> Iterator[tuple[Endpoint, Endpoint]]:
    pair = row.get("pair", "")
    destinations = _of(row["to"], by_role)
    owned: dict[str, list[Endpoint]] = {}
    places: dict[int, list[int]] = {}
    for number, destination in enumerate(destinations):
        owned.setdefault(destination.owner, []).append(destination)
        places.setdefault(id(destination), []).append(number)
    for source in _of(row["from"], by_role):
        mine, near = owned.get(source.owner, []), destinations
        if reach is not None and pair not in ("twin", "same"):
            numbers = (number for one in reach(source) for number in places.get(one, ()))
            near = [destinations[number] for number in sorted(numbers)]
        if pair == "twin":
            wanted = [x for x in mine if x is source]
        elif pair == "same":
            wanted = mine
        elif pair == "other":
            wanted = [x for x in near if x.owner != source.owner]
        else:
            wanted = [x for x in near if x is not source]
        yield from ((source, destination) for destination in wanted)


def _of(roles: str | list[str], by_role: dict[str, list[Endpoint]]) -> list[Endpoint]:
    """The endpoints of one role, or of several."""
    return [found for role in _listed(roles) for found in by_role.get(role, ())]


def _listed(roles: str | list[str]) -> list[str]:
    return [roles] if isinstance(roles, str) else roles
