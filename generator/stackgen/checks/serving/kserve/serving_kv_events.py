"""Cache events that the servers send and the endpoint picker does not hear."""

from __future__ import annotations

from typing import Any

from stackgen.checks.context import Context
from stackgen.checks.serving.view import Part, Service, services
from stackgen.digits import to_int
from stackgen.facts.shape import as_dict, at, maps, number, text, texts
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path
from stackgen.regex import regex

_INLINE: Path = ("spec", "router", "scheduler", "config", "inline")
_LISTENS = regex(r"\*|0\.0\.0\.0|\[?::\]?|ipc:|inproc:")
_EVENTS = regex(r"kv[-_]events[-_]config|zmq[-_]endpoint")
_ADDRESS = regex(r"tcp://(?:\{\{.*?\}\}|[^\s\"'{])+")


def check(context: Context) -> Violations:
    """Services whose scheduler follows cache events."""
    for service in services(context):
        for i, plugin in maps(service.resource.get(*_INLINE, "plugins")):
            if not text(plugin.get("type")).startswith("precise-prefix-cache"):
                continue
            path: Path = (*_INLINE, "plugins", i, "parameters")
            for part in service.parts():
                yield from _ends(service, part, as_dict(plugin.get("parameters")), path)
                yield from _blocks(service, part, as_dict(plugin.get("parameters")), path)


def _ends(service: Service, part: Part, given: dict[str, Any], path: Path) -> Violations:
    """Both sides connect, or both listen."""
    events = as_dict(given.get("kvEventsConfig"))
    found = _endpoint(part)
    if found is None or not events:
        return
    endpoint, where = found
    listens = bool(_LISTENS.search(endpoint))
    if events.get("discoverPods") is True and not listens:
        yield violation(
            "the endpoint picker connects to each Pod, and the servers also connect, to "
            "{_short(endpoint)}: neither listens",
            Place(service.resource, where),
            service.place(*path, "kvEventsConfig", "discoverPods", note="the picker connects"),
        )
    elif events.get("discoverPods") is False and listens:
        yield violation(
            "the endpoint picker and the servers wait for each other: "
            f"both listen on {_short(endpoint)}",
            Place(service.resource, where),
            service.place(*path, "kvEventsConfig", "discoverPods", note="the picker listens"),
        )


def _endpoint(part: Part) -> tuple[str, Path] | None:
    """Where the servers send their events to; templates in it may stay as they are."""
    main = part.main()
    if main is None:
        return None
    path, container = main
    found = list(texts(container))
    if not any(_EVENTS.search(value) for _, value in found):
        return None
    for below, value in found:
        endpoint = _ADDRESS.search(value)
        if endpoint:
            return endpoint[0], (*part.path, *path, *below)
    return None


def _blocks(service: Service, part: Part, given: dict[str, Any], path: Path) -> Violations:
    where = ("tokenProcessorConfig", "blockSize")
    wanted = number(at(given, *where))
    flags = {**part.more_flags().flags, **part.line().flags}
    flag = flags.get("block-size")
    size = (flag.value if flag is not None else None) or ""
    if flag is None or wanted is None or not size.isdecimal() or to_int(size) == wanted:
        return
    yield violation(
        f"the endpoint picker counts blocks of {wanted} tokens, the servers of {size}",
        service.place(*path, *where),
        Place(service.resource, flag.path, note="the servers"),
    )


def _short(endpoint: str) -> str:
    return endpoint if len(endpoint) <= 60 else endpoint[:57] + "..."
