"""Prefill and decode servers between which the KV cache does not move."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.catalog.rows import Row
from stackgen.checks.context import Context
from stackgen.checks.serving.split_servers import FLAG, Half, splits, version_of
from stackgen.digits import to_int
from stackgen.facts.pickers import version_of as parsed
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.document import Path
from stackgen.record import record

_NAMES = {
    "block-size": "block size", "kv-cache-dtype": "type of the KV cache", "dtype": "dtype",
    "attention-backend": "attention backend",
}  # fmt: skip
# What `auto` may come to: the type of the model's weights.
_FLOATS = ("bfloat16", "float16", "half", "float", "float32")
_TENSOR, _PORT = "tensor-parallel-size", "TPU_SIDE_CHANNEL_PORT"


@record
class Difference:
    """What keeps the cache from moving. flag: that it is about. sure: False where it only may."""

    flag: str
    message: str
    sure: bool = True


Found = Iterator[Difference]


def check(context: Context) -> Violations:
    """One finding for each difference between a prefill and a decode server."""
    seen: set[tuple[str, int, Path]] = set()
    for split in splits(context):
        for prefill, decode in split.pairs():
            for found in _pair(context, prefill, decode):
                here, other = prefill, decode
                if found.flag in decode.run.line.flags or found.flag not in prefill.run.line.flags:
                    here, other = decode, prefill
                place = here.place(found.flag)
                key = (found.message, id(place.resource), place.path)
                if key not in seen:
                    seen.add(key)
                    severity = None if found.sure else Severity.WARNING
                    note = _note(other, found.flag, "prefill" if other is prefill else "decode")
                    yield violation(found.message, place, note, severity=severity)


def _note(half: Half, flag: str, role: str) -> Place:
    place = half.place(flag)
    return Place(place.resource, place.path, key=place.key, note=role)


def _pair(context: Context, prefill: Half, decode: Half) -> Found:
    """The flag that a difference is about, and the message."""
    if prefill.kind and decode.kind and prefill.kind != decode.kind:
        yield Difference(
            "",
            f"{prefill.name} runs on {prefill.kind.upper()}s and {decode.name} on "
            f"{decode.kind.upper()}s; no connector moves the KV cache between them",
        )
        return
    names = [(half.run.line.model.value if half.run.line.model else half.run.line.text("model"))
             for half in (prefill, decode)]  # fmt: skip
    if all(names) and names[0] != names[1]:
        yield Difference("model", f"prefill serves {names[0]}, decode {names[1]}")
    versions = [half.run.running.tag for half in (prefill, decode)]
    if all(versions) and versions[0] != versions[1]:
        runs = f"prefill runs {versions[0]}, decode {versions[1]}"
        yield Difference("", f"{runs}; vLLM rejects the transfer")
    if not prefill.config or not decode.config:
        return  # serving-kv-transfer has a finding for a role without it
    connectors = [str(half.config.get("kv_connector")) for half in (prefill, decode) if half.config]
    if connectors[0] != connectors[1]:
        differ = f"prefill has the connector {connectors[0]}, decode {connectors[1]}"
        yield Difference(FLAG, differ)
        return
    row = decode.row(context)
    if row is not None:
        yield from _connector(context, row, prefill, decode)


def _connector(context: Context, row: Row, prefill: Half, decode: Half) -> Found:
    name, version = row.data["connector"], version_of(decode)
    same = decode.run.running.engine.name == row.data["engine"]
    if same and version and version < parsed(row.data["since"]):
        since = f"{name} is in {row.data['engine']} {row.data['since']} or later"
        yield Difference(FLAG, since)
    by_role = "module" in row.data  # the TPU backend tells the roles apart by who produces
    yield from _roles(name, prefill, decode) if by_role else ()
    side = [half.variables().get(_PORT, "9600") for half in (prefill, decode)]
    if by_role and None not in side and side[0] != side[1]:
        where = f"{_PORT} is {side[0]} on prefill and {side[1]} on decode"
        yield Difference("", f"{where}, which connects to the port of its own variable")
    yield from _sizes(context, row, prefill, decode)
    for flag, default in row.data["equal"].items():
        if flag != _TENSOR:
            yield from _equal(row, flag, default, prefill, decode)


def _equal(row: Row, flag: str, default: str | None, prefill: Half, decode: Half) -> Found:
    """A flag that is not the same. default: None for one that vLLM chooses when it starts."""
    given, values = [], []
    for half in (prefill, decode):
        flags, complete = half.run.line.flags, half.run.line.complete
        given.append(flag in flags)
        values.append(flags[flag].value if flag in flags else default if complete else None)
        if flag in flags and flags[flag].value is None:
            return
    tpu = "module" in row.data
    one, other = values
    if not any(given) or (one == other and one is not None):
        return
    if flag == "block-size" and not tpu and _multiple(values):
        return
    unsure = None in values or (
        "auto" in values and bool({*values} & {*_FLOATS}) and (tpu or flag == "dtype")
    )
    said = [text if is_given else f"{text} by default" if text else "not set"
            for text, is_given in zip(values, given, strict=True)]  # fmt: skip
    differ = f"the {_NAMES[flag]} is {said[0]} on prefill and {said[1]} on decode"
    end = ", which may not be the same" if unsure else ""
    yield Difference(flag, f"{differ}{end}; {row.data['connector']} copies blocks as they are",
                     not unsure)  # fmt: skip


def _multiple(values: list[str | None]) -> bool:
    """Whether the block of decode holds several of prefill, which NIXL splits."""
    one, other = values
    if not (one and other and one.isdecimal() and other.isdecimal() and to_int(one)):
        return False
    return to_int(other) % to_int(one) == 0


def _roles(name: str, prefill: Half, decode: Half) -> Found:
    roles = [str((half.config or {}).get("kv_role")) for half in (prefill, decode)]
    if roles[0] == "kv_consumer":
        kept = f"prefill has kv_role kv_consumer: {name} then keeps no cache for decode"
        yield Difference(FLAG, kept)
    if roles[1] in ("kv_both", "kv_producer"):
        taken = f"decode has kv_role {roles[1]}: {name} takes it for a producer"
        again = "which pulls no cache, so that decode reads each prompt again"
        yield Difference(FLAG, f"{taken}, {again}")


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
        yield Difference(_TENSOR, f"{sizes}; {name} needs {need}")


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
