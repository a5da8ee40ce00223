"""Which engine, in which version, a container runs, and what is wrong with a value of an option."""

from __future__ import annotations

import json

from stackgen.catalog.engines import Engine, engine
from stackgen.catalog.load import Catalog
from stackgen.facts.image_reference import ImageReferenceError, image_reference
from stackgen.record import record
from stackgen.regex import regex

_VERSION = r":v?(\d+\.\d+\.\d+(?:\.\d+)?(?:\.post\d+)?)(?:[-@]|\Z)"
# Images of the projects. Their tag is the version of the engine; those of others have their own.
_IMAGES = (
    (regex(r"(?:^|/)vllm/vllm-tpu" + _VERSION), "vllm-tpu"),
    (regex(r"(?:^|/)vllm/vllm-openai(?:-rocm|-cpu|-xpu)?" + _VERSION), "vllm"),
    (regex(r"(?:^|/)lmsysorg/sglang" + _VERSION), "sglang"),
)
_REPOSITORIES = (
    (regex(r"(?:^|/)vllm/vllm-openai(?:-rocm|-cpu|-xpu)?(?:[:@]|\Z)"), "vllm"),
    (regex(r"(?:^|/)vllm/vllm-tpu(?:[:@]|\Z)"), "vllm-tpu"),
    (regex(r"(?:^|/)lmsysorg/sglang(?:[:@]|\Z)"), "sglang"),
)
# Tags that move on to each new version of an engine's own image.
_FLOATING = regex(
    r"(?:^|/)(?:vllm/vllm-openai(?:-rocm|-cpu|-xpu)?|vllm/vllm-tpu|lmsysorg/sglang)"
    r"(?::(?:latest|nightly))?\Z"
)
_INTEGER = regex(r"\s*[+-]?\d+(?:_\d+)*\s*")
_SIZE = regex(r"\s*(?:[+-]?\d+(?:_\d+)*|\d+(?:\.\d+)?[kmgt]|\d+[KMGT])\s*")
# vLLM reads `{"bytes": 80m}` too.
_SHORT_NUMBER = regex(r"(?<=[\s:,\[])(\d+(?:\.\d+)?)[kKmMgGtT]\b")
_TRUTH = ("true", "false", "yes", "no", "0", "1", "on", "off")


@record
class Running:
    """An engine in a container. version: "" when it is not known, or not in the catalog.

    tag: the version that the image says, also when it is not in the catalog. own: the image is
    published by the project of the engine, so that its parser is the one in the package. newest:
    the newest version in the catalog, if the image is that one or a later one.
    """

    engine: Engine
    version: str
    tag: str
    own: bool
    newest: str = ""


def running(image: str, started: str, catalog: Catalog) -> Running | None:
    """What runs in a container.

    started: the engine that its command starts, `vllm` or `sglang`; "" for the image's own command.
    None when no engine is known to run.
    """
    name, tag, own = of_image(image, catalog)
    if name and started and name.partition("-")[0] != started:
        name, tag, own = started, "", False
    name = name or started
    if not name:
        return None
    found = engine(name)
    newest = found.versions.known[-1] if _FLOATING.search(image) else ""
    return Running(found, tag if tag in found.versions.known else "", tag, own, newest)


def of_image(image: str, catalog: Catalog) -> tuple[str, str, bool]:
    """The engine in an image, its version, and whether its own project publishes the image.

    "" for an engine or a version that the image does not say.
    """
    for pattern, name in _IMAGES:
        match = pattern.search(image)
        if match is not None:
            return name, match[1], True
    try:
        reference = image_reference(image)
    except ImageReferenceError:
        return "", "", False
    row = catalog.image(reference.name, reference.tag)
    facts = row.data if row is not None else {}
    version = str(facts.get("vllm") or "") if reference.tag else ""
    version = str(facts.get("vllm_of_digests", {}).get(reference.digest) or version)
    if version:
        return "vllm", version, False
    name = next((name for p, name in _REPOSITORIES if p.search(image)), "")
    return name, "", bool(name)


def matching(names: dict[str, str], word: str) -> list[str]:
    """The options that an argument parser takes the word for: itself, or all that it begins.

    `no-` before a switch is a name of that switch. A key of a JSON option follows a dot.
    """
    plain = word.partition(".")[0]
    if plain in names:
        return [plain]
    negated = plain.removeprefix("no-")
    switch = names.get(negated) == "switch"
    if plain != negated and switch:
        return [negated]
    begun = [name for name in names if name.startswith(plain)]
    if plain != negated:
        begun += [n for n, kind in names.items() if kind == "switch" and n.startswith(negated)]
    return begun


_NEEDS_VALUE = ("int", "float", "size", "size-or-auto")


def wrong_value(kind: str, value: str, separate: bool, alone: bool = False) -> str:
    """What a value of an option lacks, after "takes"; "" when it fits or is not known to be wrong.

    separate: the value is a word of its own, which an option without a value does not consume.
    alone: there is no value.
    """
    if alone and kind in _NEEDS_VALUE:
        return "a value"
    if kind in ("switch", "flag"):
        none = "no value"
        if not separate:
            return none if value else ""
        return none if value.lower() in _TRUTH else ""
    several = kind.endswith("+")
    kind = kind.rstrip("+?")
    # "None" and the empty string stand for a default wherever there is one.
    if value in ("", "None"):
        return ""
    if kind == "int":
        return "" if _INTEGER.fullmatch(value) else "an integer"
    if kind == "float":
        return "" if _is_float(value) else "a number"
    if kind in ("size", "size-or-auto"):
        auto = kind == "size-or-auto" and value.strip().lower() == "auto"
        return "" if auto or _SIZE.fullmatch(value) else "an integer, such as 8192 or 8k"
    if kind == "json":
        return "" if _is_json(value) else "JSON"
    if kind == "bool":
        return "" if value.lower() in ("0", "1", "true", "false") else "true or false"
    if kind[:1] in ("=", "~") and not (several and "," in value):
        allowed = kind[1:].split("|")
        same = value in allowed or (kind[0] == "~" and value.lower() in map(str.lower, allowed))
        if all(word.isdecimal() for word in allowed):
            allowed.sort(key=int)
        return "" if same else f"one of {', '.join(allowed)}"
    return ""


def _is_float(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _is_json(value: str) -> bool:
    try:
        json.loads(_SHORT_NUMBER.sub("0", value))
    except (ValueError, RecursionError):
        return False
    return True
