"""What the commands of setup scripts make: gcloud, helm, kubectl and oc."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from stackgen.machines import grants, helm_installs, waits
from stackgen.machines.objects import (
    GKE,
    Value,
    binding,
    fields,
    install,
    made_object,
    of_service,
    table,
)
from stackgen.machines.requests import uploaded
from stackgen.manifest import shell
from stackgen.manifest.document import Mark, Path, Source
from stackgen.manifest.resource import Resource
from stackgen.record import record

_CREATED = {
    "node-pools": ("ContainerNodePool", "pool"),
    "clusters": ("ContainerCluster", "cluster"),
}
_GCLOUD_FLAGS = ("--location", "--purpose", "--project")  # --region is a synonym of --location


@record
class _Call:
    """One command. words: without flags. flags: the values of each."""

    source: Source
    command: shell.Command
    words: list[str]
    flags: dict[str, list[str]]

    @cached_property
    def written(self) -> str:
        """The lines of the command."""
        return "\n".join(self.source.text.split("\n")[self.command.first - 1 : self.command.last])

    @property
    def action(self) -> str:
        """`apply` of `kubectl apply`."""
        return self.words[1] if self.words[1:] else ""

    def at(self, text: str) -> Mark:
        """The place of a word, as far as it is written like that; else the command."""
        lines = self.written.split("\n")
        for number, line in enumerate(lines if text else (), self.command.first):
            column = line.find(text)
            if column >= 0:
                return Mark(number, column + 1, column + 1 + len(text))
        begin = len(lines[0]) - len(lines[0].lstrip())
        return Mark(self.command.first, begin + 1, len(lines[0]) + 1)

    def first(self, flag: str) -> str:
        """The value of a flag; "" without it."""
        return _first(self.flags, flag)

    def value(self, key: str, value: Any, text: str = "") -> Value:
        """A value at a word of the command, or at the command."""
        return Value((key,), value, self.at(text))

    def made(self, kind: str, name: str, values: Iterable[Value], text: str = "") -> Resource:
        """What stands for the command, at a word of it."""
        return made_object(self.source, "v1", kind, name, self.at(text), values)


def of_command(command: shell.Command, source: Source) -> Iterator[Resource]:
    """What a command makes, applies, waits for or forwards."""
    call = _Call(source, command, *_split(command.words))
    if call.words[0] in ("gcloud", "gsutil"):
        words = [w for w in call.words if w not in ("alpha", "beta")]
        yield from _of_gcloud(source, words, call.flags, call.at)
    elif call.words[0] == "helm":
        installed = helm_installs.of_command(call.words, call.flags, source.text)
        yield from install(source, installed, call.at(""))
    else:
        for read in (_selected, _applied, _forwarded, _waited, _created):
            yield from read(call)


def _selected(call: _Call) -> Iterator[Resource]:
    selected = call.first("--selector")
    if selected and call.action:
        keys = (("namespace", call.first("--namespace")), ("selector", selected))
        values = [call.value(key, value, selected) for key, value in keys]
        yield call.made("Command", call.action, values)


def _applied(call: _Call) -> Iterator[Resource]:
    """The files that a command applies, and the namespace that it gives their objects."""
    given: dict[str, Any] = {f: call.flags.get(f"--{f}", []) for f in ("filename", "kustomize")}
    if not any(given.values()):
        return
    given["folders"] = shell.MOVES.findall(call.source.text)
    values = [call.value(key, value) for key, value in given.items()]
    if call.action in ("apply", "create"):
        yield call.made("Apply", call.action, values)
    space = call.first("--namespace")
    if space and call.action in ("apply", "create", "replace"):
        yield call.made("Command", call.action, [call.value("namespace", space, space), *values])


def _forwarded(call: _Call) -> Iterator[Resource]:
    forwarded = waits.forwarded(call.words, call.first("--namespace"))
    if forwarded is not None:
        name, forward = forwarded
        values = [call.value(key, one, forward["ports"][-1]) for key, one in forward.items()]
        yield call.made("Forward", name, values, name)


def _waited(call: _Call) -> Iterator[Resource]:
    waited = waits.of_command(call.words, call.flags)
    if waited is not None:
        wanted = next((w for w in call.command.words if "condition=" in w), "")
        # What a script does again, or goes on without, need not end in time.
        waited["again"] = waits.AGAIN.search(call.written) is not None
        values = [call.value(key, value, wanted) for key, value in waited.items()]
        space = call.first("--namespace")
        values.append(call.value("namespace", space, space))
        values.append(call.value("labels", call.first("--selector")))
        yield call.made("Wait", call.action, values)


def _created(call: _Call) -> Iterator[Resource]:
    """What `kubectl create` makes."""
    for row in table()["kubectl"]:
        want = row["words"]
        said = call.words[1 : len(want) + 1]
        if len(said) == len(want) and all(w in ("*", g) for w, g in zip(want, said, strict=True)):
            name, space = said[-1], call.first("--namespace")
            if not space and shell.OTHER_NAMESPACE.search(call.source.text):
                space = "$NAMESPACE"
            keys = [*row.get("fixed", ()), *(_keys(call.flags) if "keys" in row else ())]
            more = {"data": dict.fromkeys(keys, "")} if keys else {}
            yield made_object(
                call.source, "v1", row["kind"], name, call.at(name), (), space, **more
            )


def _of_gcloud(
    source: Source, words: list[str], flags: dict[str, list[str]], at: Any
) -> Iterator[Resource]:
    if uri := uploaded(words):
        value = Value(("uri",), uri, at(uri))
        yield made_object(source, "v1", "Upload", words[0], at(uri), [value])
    elif words[1:2] == ["container"] and words[3:4] in (["create"], ["create-auto"]):
        kind, rows = _CREATED.get(words[2], ("", ""))
        name = words[4] if len(words) > 4 else ""
        if words[3] == "create-auto":
            flags["--enable-autopilot"] = ["true"]
        if kind:
            yield made_object(source, GKE, kind, name, at(""), _fields(flags, rows, at))
    elif words[1:4] == ["container", "clusters", "get-credentials"] and len(words) > 4:
        values = [
            Value((key,), _first(flags, f"--{key}"), at(_first(flags, f"--{key}")))
            for key in ("location", "project")
        ]
        yield made_object(source, "v1", "Credentials", words[4], at(words[4]), values)
    elif words[1:4] == ["container", "clusters", "resize"] and "--node-pool" in flags:
        if _first(flags, "--num-nodes") != "0":
            pool = _first(flags, "--node-pool")
            yield made_object(source, GKE, "PoolResize", pool, at(""), ())
    elif words[1:4] == ["container", "clusters", "update"]:
        # What it changes is not read, but its file says what it may turn on.
        yield made_object(source, GKE, "ClusterUpdate", "".join(words[4:5]), at(""), ())
    elif "create" in words[2:5]:
        yield from _named_by_manifests(source, words, flags, at)
    elif "add-iam-policy-binding" in words:
        yield binding(source, grants.of_command(words, flags, at(_first(flags, "--member"))))


def _named_by_manifests(
    source: Source, words: list[str], flags: Mapping[str, list[str]], at: Any
) -> Iterator[Resource]:
    i = words.index("create")
    service, kind = table()["gcloud"].get(" ".join(words[1:i]), ("", ""))
    if kind and len(words) > i + 1:
        mark = at(words[i + 1])
        values = [
            Value((flag.removeprefix("--"),), _first(flags, flag), mark)
            for flag in _GCLOUD_FLAGS
            if flag in flags
        ]
        values.append(Value(("name",), words[i + 1], mark))
        if kind == "ComputeSubnetwork":
            values += _ranges(flags, at)
        yield made_object(source, of_service(service), kind, words[i + 1], mark, values)


def _ranges(flags: Mapping[str, list[str]], at: Any) -> Iterator[Value]:
    """The address ranges of a subnet."""
    if own := _first(flags, "--range"):
        yield Value(("ipCidrRange",), own, at(own))
    given = [one for text in flags.get("--secondary-range", ()) for one in text.split(",")]
    pairs = [one.partition("=") for one in given]
    ranges = [{"rangeName": name, "ipCidrRange": cidr} for name, _, cidr in pairs]
    if ranges:
        yield Value(("secondaryIpRange",), ranges, at(_first(flags, "--secondary-range")))


def _split(words: tuple[str, ...]) -> tuple[list[str], dict[str, list[str]]]:
    """The words without flags, and the values of each flag; those of a switch are "true"."""
    plain: list[str] = []
    flags: dict[str, list[str]] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("-") or word == "-":
            plain.append(word)
            continue
        flag, equals, value = word.partition("=")
        flag = table()["synonyms"].get(flag, flag)
        if not equals:
            alone = _switch(flag) or not rest or rest[0].startswith("--")
            value = "true" if alone else rest.pop(0)
        flags.setdefault(flag, []).append(value)
    return plain, flags


def _switch(flag: str) -> bool:
    rows = [row.get("gcloud") for kind in ("pool", "cluster") for row in fields(kind).values()]
    named = any(flag in row.values() for row in rows if isinstance(row, dict))
    return named or flag.startswith(("--enable-", "--no-")) or flag in table()["switches"]


def _first(flags: Mapping[str, list[str]], name: str) -> str:
    return flags.get(name, [""])[-1]


def _keys(flags: Mapping[str, list[str]]) -> Iterator[str]:
    """The keys that --from-literal and --from-file give. The values are not read."""
    if "--from-env-file" in flags:
        return
    for value in flags.get("--from-literal", ()):
        yield value.partition("=")[0]
    for value in flags.get("--from-file", ()):
        key, equals, _ = value.partition("=")
        yield key if equals else os.path.basename(value)


def _fields(flags: Mapping[str, list[str]], kind: str, at: Any) -> Iterator[Value]:
    for path, row in fields(kind).items():
        known = row.get("gcloud")
        steps: Path = tuple(path.split("."))
        if isinstance(known, dict):
            for value, flag in known.items():
                if flag and flag in flags:
                    yield Value(steps, {"true": True, "false": False}.get(value, value), at(flag))
        elif known in flags:
            text = flags[known][-1]
            yield Value(steps, _read(text, row, steps), at(text))


def _read(text: str, row: Mapping[str, Any], path: Path) -> Any:
    """The value of a flag, in the form of the object's field."""
    back = {word: value for value, word in row.get("values", {}).items()}
    if "keys" in row:
        names = {name: key for key, name in row["keys"].items()}
        pairs = [part.partition("=") for part in text.split(",")]
        item: dict[str, Any] = {}
        for name, _, value in pairs:
            *parents, last = names.get(name, "").split(".")
            here = item
            for parent in parents if last else ():
                here = here.setdefault(parent, {})
            here[last] = back.get(value, _number(value))
        item.pop("", None)
        return [item]
    if "items" in row:
        taints = re.findall(r"([^=:,]+)(?:=([^:,]*))?:(\w+)", text)
        return [{"key": k, "value": v, "effect": back.get(e, e)} for k, v, e in taints]
    if "each" in row:
        return [{row["each"]: one} for one in text.split(",")]
    if "pairs" in row:
        return {k: v for k, _, v in (part.partition("=") for part in text.split(","))}
    if path[-1] in ("nodeLocations", "oauthScopes", "tags", "values", "enableComponents"):
        return text.split(",")
    return back.get(text, _number(text.removesuffix("GB") if path[-1] == "diskSizeGb" else text))


def _number(text: str) -> int | str:
    return int(text) if re.fullmatch(r"\d{1,9}", text) else text
