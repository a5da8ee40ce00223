"""Servers of prefill and of decode in the input, those of one model together."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

from stackgen.catalog.rows import Row
from stackgen.checks.context import Context
from stackgen.checks.serving.engine_runs import EngineRun, engine_runs
from stackgen.digits import to_int
from stackgen.facts.containers import containers, words
from stackgen.facts.pod_templates import pod_templates
from stackgen.facts.quantity import number
from stackgen.facts.shape import as_dict, at
from stackgen.findings.model import Place
from stackgen.manifest.document import Path
from stackgen.platforms.kserve.names import KIND
from stackgen.record import record

ROLE = "llm-d.ai/role"
FLAG = "kv-transfer-config"
# Roles of the endpoint picker's filters. `both` and prefill-decode also read prompts.
# Source: llm-d-router@ebab687 docs/disaggregation.md.
PREFILL = ("prefill",)
DECODE = ("decode", "both", "prefill-decode")
# Labels that the servers of one model share: of llm-d's guides, and of its charts.
_OF_MODEL = ("llm-d.ai/model", "llm-d.ai/guide", "llm-d.ai/inference-serving", "app")
_DEVICES = {"google.com/tpu": "tpu", "nvidia.com/gpu": "gpu"}


@record
class Half:
    """A server of one role. base: of its Pod template in the object.

    config: of the transfer; {} for none, None where it is not known.
    """

    run: EngineRun
    base: Path
    config: Mapping[str, Any] | None

    @property
    def name(self) -> str:
        """What messages call it."""
        inner = "prefill of " if "prefill" in self.base else ""
        return f"{inner}{self.run.resource.kind} {self.run.resource.name}"

    def place(self, flag: str = "") -> Place:
        """Where a flag is, or the container."""
        return self.run.flag(flag) if flag in self.run.line.flags else self.run.place(key=True)

    @property
    def kind(self) -> str:
        """tpu or gpu, by what the container requests; "" for neither."""
        limits = as_dict(at(self.run.container, "resources", "limits"))
        asked = {**as_dict(at(self.run.container, "resources", "requests")), **limits}
        return next((k for name, k in _DEVICES.items() if number(asked.get(name))), "")

    @property
    def tensor(self) -> int | None:
        """The tensor parallel size; None where it is not known."""
        told = self.run.line.number("tensor-parallel-size")
        if told is None and "tensor-parallel-size" not in self.run.line.flags:
            inner = self.base[:-1] if self.run.resource.kind == KIND else ()
            size = self.run.resource.get(*inner, "parallelism", "tensor") if inner else None
            own = bool(self.run.container.get("command")) and self.run.line.complete
            return size if isinstance(size, int) else 1 if own else None
        return told

    def variables(self) -> dict[str, str | None]:
        """The environment: by name the value, None for one from elsewhere."""
        return {name: value for _, name, value in self.run.variables()}

    def row(self, context: Context) -> Row | None:
        """What is known of the connector on this kind of accelerator."""
        name = (self.config or {}).get("kv_connector")
        rows = context.catalog.copy().rows("transfer")
        mine = (r for r in rows if r.data["connector"] == name)
        return next(
            (r for r in mine if r.key.partition("-")[0] == self.kind or not self.kind), None
        )


@record
class Split:
    """The servers of one model: at least one of each role."""

    prefill: tuple[Half, ...]
    decode: tuple[Half, ...]

    def pairs(self) -> Iterator[tuple[Half, Half]]:
        """Each prefill server with each decode server."""
        yield from ((one, other) for one in self.prefill for other in self.decode)


def splits(context: Context) -> tuple[Split, ...]:
    """All of them, found once in a run."""
    return context.once(_splits)


def _splits(context: Context) -> tuple[Split, ...]:
    found: dict[Any, tuple[list[Half], list[Half]]] = {}
    for run in engine_runs(context):
        told = _role(run)
        if told is None:
            continue
        role, key, base = told
        half = Half(run, base, transfer(run))
        found.setdefault(key, ([], []))[role in DECODE].append(half)
    both = [(p, d) for p, d in found.values() if p and d]
    return tuple(Split(tuple(p), tuple(d)) for p, d in both)


def _role(run: EngineRun) -> tuple[str, Any, Path] | None:
    """Role, what the servers of the model share, and the path of the template."""
    resource = run.resource
    where = (resource.namespace, os.path.dirname(resource.file))
    if resource.kind == KIND:
        if not isinstance(resource.get("spec", "prefill"), dict) or "worker" in run.path:
            return None
        inner = run.path[1] == "prefill"
        base: Path = ("spec", "prefill", "template") if inner else ("spec", "template")
        return ("prefill" if inner else "decode"), (*where, resource.kind, resource.name), base
    for template in pod_templates(resource):
        role = template.labels.get(ROLE, "")
        if run.path[: len(template.spec_path)] == template.spec_path:
            if role not in (*PREFILL, *DECODE):
                return None
            shared = next(
                ((k, template.labels[k]) for k in _OF_MODEL if k in template.labels), None
            )
            return role, (*where, shared), template.spec_path
    return None


def transfer(run: EngineRun) -> Mapping[str, Any] | None:
    """The transfer as `--kv-transfer-config` says it, as JSON or by keys after a dot."""
    flags = run.line.flags
    by_key = {
        name.partition(".")[2]: flag.value
        for name, flag in flags.items()
        if name.startswith(f"{FLAG}.")
    }
    if FLAG not in flags:
        return by_key if by_key or run.line.complete else None
    text = flags[FLAG].value
    if text is None:  # a variable within it leaves the rest readable
        raw = run.resource.get(*flags[FLAG].path)
        text = raw[raw.find("{") :] if isinstance(raw, str) else ""
    try:
        data = json.loads(text)
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def sidecar_of(split: Split) -> Iterator[tuple[Half, tuple[Path, dict[str, Any]] | None]]:
    """Each decode server, and the routing sidecar beside it with its path; None without one."""
    for half in split.decode:
        pod = as_dict(half.run.resource.get(*half.base))
        yield (
            half,
            next(
                (((*half.base, *path), one) for path, one in containers(pod) if is_sidecar(one)),
                None,
            ),
        )


def is_sidecar(container: Mapping[str, Any]) -> bool:
    """Whether a container is the routing sidecar of llm-d, by its image or what it starts."""
    image = str(container.get("image", "")).rpartition("/")[2]
    said = [word for _, word in words(container)]
    return (
        any(part in image for part in ("disagg-sidecar", "routing-sidecar", "ROUTING_SIDECAR"))
        or any("pd-sidecar" in word for word in said)
        or any(word.startswith(("--kv-connector", "--connector=nixl")) for word in said)
    )


def version_of(half: Half) -> tuple[int, ...]:
    """The version of the engine that the image says; () for none."""
    return tuple(to_int(p) for p in half.run.running.tag.split(".") if p.isdecimal())
