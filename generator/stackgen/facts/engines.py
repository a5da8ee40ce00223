"""Which engine, in which version, a container runs, and what is wrong with a value of an option."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from stackgen.catalog.engines import Engine, engine
from stackgen.catalog.load import Catalog
from stackgen.facts.image_reference import ImageReferenceError, image_reference
from stackgen.manifest.shipped import shipped
from stackgen.record import record
from stackgen.regex import regex

# The same of a program, with the names before and after it: cpu-1.8, 3.3.4-rocm.
_PROGRAM = regex(r"(?:[a-z0-9]+-)*?v?(\d+\.\d+(?:\.\d+)?)(?:-([a-z0-9-]+))?")
# The version in a tag, which may have a suffix, such as v0.11.0-aarch64.
_VERSION = regex(r"v?(\d+\.\d+\.\d+(?:\.\d+)?(?:\.post\d+)?)(?:-|\Z)")
_FLOATS = regex(r"(?:[a-z0-9]+-)*latest")
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
    match = _published().search(image)
    floats = (
        match is not None and match["tag"] in (None, *_images()["floating"]) and not match["digest"]
    )
    newest = found.versions.known[-1] if floats else ""
    return Running(found, tag if tag in found.versions.known else "", tag, own, newest)


def of_image(image: str, catalog: Catalog) -> tuple[str, str, bool]:
    """The engine in an image, its version, and whether its own project publishes the image.

    "" for an engine or a version that the image does not say.
    """
    match = _published().search(image)
    published = _images()["engines"][match["repository"]] if match is not None else ""
    version = _VERSION.match(match["tag"] or "") if match is not None else None
    if version is not None:
        return published, version[1], True
    try:
        reference = image_reference(image)
    except ImageReferenceError:
        return "", "", False
    row = catalog.image(reference.name, reference.tag)
    facts = row.data if row is not None else {}
    inside = str(facts.get("vllm") or "") if reference.tag else ""
    inside = str(facts.get("vllm_of_digests", {}).get(reference.digest) or inside)
    if inside:
        return "vllm", inside, False
    return published, "", bool(published)


def running_program(image: str) -> tuple[Running, str] | None:
    """An engine that is no package of Python, by its published image, and its program."""
    match = _published("programs").search(image)
    if match is None:
        return None
    row, tag = _images()["programs"][match["repository"]], match["tag"] or "latest"
    version = _PROGRAM.fullmatch(tag)
    if (version[2] if version is not None else tag.rpartition("-")[2]) in row["without"]:
        return None
    found = engine(row["engine"])
    known = found.versions.known
    if version is None:
        newest = "" if match["digest"] or not _FLOATS.fullmatch(tag) else known[-1]
        return Running(found, "", "", True, newest), row["program"]
    # A tag without the third number follows the patches.
    patches = [one for one in known if f"{one}.".startswith(f"{version[1]}.")]
    named = patches[-1] if patches else ""
    return Running(found, named, named or version[1], True), row["program"]


@cache
def _images() -> Mapping[str, Any]:
    found: Mapping[str, Any] = shipped(__file__, "engine_images.yaml")
    return found


@cache
def _published(table: str = "engines") -> re.Pattern[str]:
    """An image of a project: its repository, also in a mirror, its tag and its digest."""
    names = "|".join(map(re.escape, _images()[table]))
    return regex(rf"(?:^|/)(?P<repository>{names})(?::(?P<tag>[^@]*))?(?P<digest>@.*)?\Z")


def matching(names: dict[str, str], word: str, *, abbreviates: bool = True) -> list[str]:
    """The options that an argument parser takes the word for: itself, or all that it begins.

    `no-` before a switch is a name of that switch. A key of a JSON option follows a dot.
    abbreviates: whether the beginning of an option is enough.
    """
    plain = word.partition(".")[0]
    if plain in names or not abbreviates:
        return [plain] if plain in names else []
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
