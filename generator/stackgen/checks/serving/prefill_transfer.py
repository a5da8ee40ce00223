"""Prefill and decode servers between which the KV cache does not move."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.catalog.rows import Row
from stackgen.checks.context import Context
from stackgen.checks.serving.split_servers import FLAG, Half, splits, version_of
from stackgen.facts.pickers import version_of as parsed
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.document import Path

_NAMES = {"block-size": "block size", "kv-cache-dtype": "type of the KV cache", "dtype": "dtype"}
_TENSOR, _PORT = "tensor-parallel-size", "TPU_SIDE_CHANNEL_PORT"
Found = Iterator[tuple[str, str]]


def check(context: Context) -> Violations:
    """One finding for each difference between a prefill and a decode server."""
    seen: set[tuple[str, int, Path]] = set()
    for split in splits(context):
        for prefill, decode in split.pairs():
            for flag, message in _pair(context, prefill, decode):
                place = decode.place(flag)
                key = (message, id(place.resource), place.path)
                if key not in seen:
                    seen.add(key)
                    yield violation(message, place, _note(prefill, flag))


def _note(prefill: Half, flag: str) -> Place:
    place = prefill.place(flag)
    return Place(place.resource, place.path, key=place.key, note="prefill")


def _pair(context: Context, prefill: Half, decode: Half) -> Found:
    """The flag that a difference is about, and the message."""
    if prefill.kind and decode.kind and prefill.kind != decode.kind:
        yield (
            "",
            (
                f"{prefill.name} runs on {prefill.kind.upper()}s and {decode.name} on "
                f"{decode.kind.upper()}s; no connector moves the KV cache between them"
            ),
        )
        return
    names = [(half.run.line.model.value if half.run.line.model else half.run.line.text("model"))
             for half in (prefill, decode)]  # fmt: skip
    if all(names) and names[0] != names[1]:
        yield "model", f"prefill serves {names[0]}, decode {names[1]}"
    versions = [half.run.running.tag for half in (prefill, decode)]
    if all(versions) and versions[0] != versions[1]:
        yield "", f"prefill runs {versions[0]}, decode {versions[1]}; vLLM rejects the transfer"
    if not prefill.config or not decode.config:
        return  # serving-kv-transfer has a finding for a role without it
    connectors = [str(half.config.get("kv_connector")) for half in (prefill, decode) if half.config]
    if connectors[0] != connectors[1]:
        yield FLAG, f"prefill has the connector {connectors[0]}, decode {connectors[1]}"
        return
    row = decode.row(context)
    if row is not None:
        yield from _connector(context, row, prefill, decode)


def _connector(context: Context, row: Row, prefill: Half, decode: Half) -> Found:
    name, version = row.data["connector"], version_of(decode)
    same = decode.run.running.engine.name == row.data["engine"]
    if same and version and version < parsed(row.data["since"]):
        yield FLAG, f"{name} is in {row.data['engine']} {row.data['since']} or later"
    by_role = "module" in row.data  # the TPU backend tells the roles apart by who produces
    yield from _roles(name, prefill, decode) if by_role else ()
    side = [half.variables().get(_PORT, "9600") for half in (prefill, decode)]
    if by_role and None not in side and side[0] != side[1]:
        where = f"{_PORT} is {side[0]} on prefill and {side[1]} on decode"
        yield "", f"{where}, which connects to the port of its own variable"
    yield from _sizes(context, row, prefill, decode)
    for flag in row.data["equal"]:
        values = [half.run.line.text(flag) for half in (prefill, decode)]
        split = flag == "block-size" and not by_role and _multiple(values)
        if flag != _TENSOR and None not in values and values[0] != values[1] and not split:
            differ = f"prefill has {_NAMES[flag]} {values[0]}, decode {values[1]}"
            yield flag, f"{differ}; {name} copies blocks as they are"


def _multiple(values: list[str | None]) -> bool:
    """Whether the block of decode holds several of prefill, which NIXL splits."""
    one, other = values
    if not (one and other and one.isdecimal() and other.isdecimal() and int(one)):
        return False
    return int(other) % int(one) == 0


def _roles(name: str, prefill: Half, decode: Half) -> Found:
    roles = [str((half.config or {}).get("kv_role")) for half in (prefill, decode)]
    if roles[0] == "kv_consumer":
        yield FLAG, f"prefill has kv_role kv_consumer: {name} then keeps no cache for decode"
    if roles[1] in ("kv_both", "kv_producer"):
        taken = f"decode has kv_role {roles[1]}: {name} takes it for a producer"
        yield FLAG, f"{taken}, which pulls no cache, so that decode reads each prompt again"


def _sizes(context: Context, row: Row, prefill: Half, decode: Half) -> Found:
    one, other, name = prefill.tensor, decode.tensor, row.data["connector"]
    if one is None or other is None or one == other:
        return
    need = ""
    if row.data["tensor"] == "same":
        need = "the same size, because each device pulls the part of its own"
    elif one > other and _replicates(context, prefill, one):
        need = "decode to be at least as large, because prefill copies KV heads"
    elif max(one, other) % min(one, other):
        need = "one to be a multiple of the other"
    if need:
        sizes = f"prefill has tensor parallel size {one}, decode {other}"
        yield _TENSOR, f"{sizes}; {name} needs {need}"


def _replicates(context: Context, half: Half, size: int) -> bool:
    """Whether a server has more devices than the model has KV heads; yes where not known."""
    line = half.run.line
    name = line.model.value if line.model is not None else line.text("model")
    row = context.catalog.copy().model(name or "")
    if row is None:
        return True
    # MLA caches one vector, which every device has.
    latent = any(group.get("latent") for group in row.data.get("kv_groups", ()))
    return not latent and bool(size > row.data["kv_heads"])
