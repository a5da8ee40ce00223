"""A vLLM flag in `args`, or a variable in `template`, that stackgen writes itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import SpecContext
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, at, maps, text
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path

# flag -> what to do instead
_INSTEAD = {
    "--model": "set `model`; the release sets the path that servers read",
    "--served-model-name": "set `servedName`",
    "--port": "the release fixes the port",
    "--max-model-len": "set `maxModelLen`",
    "--ssl-certfile": "the platform mounts the certificate",
    "--ssl-keyfile": "the platform mounts the key",
}

# The field that sets a flag, where it is given: a path below the model, and what it is called.
_BY_FIELD = {
    "--max-num-seqs": ("concurrency",),
    "--block-size": ("picker", "blockSize"),
    **dict.fromkeys(
        ("--enable-lora", "--lora-modules", "--max-loras", "--max-lora-rank", "--max-cpu-loras"),
        ("adapters",),
    ),
    "--speculative-config": ("speculative",),
    "--kv-transfer-config": ("kvOffload",),
    "--kv-offloading-size": ("kvOffload",),
}
_FIELDS = {"--max-model-len": "maxModelLen", "--served-model-name": "servedName"}


def _args(path: Path, model: dict[str, Any]) -> Iterator[tuple[Path, int, str]]:
    """The flags of a model and of its prefill servers: whose, index and flag."""
    for where, of in ((path, model), ((*path, "prefill"), as_dict(model.get("prefill")))):
        args = of.get("args")
        for i, arg in enumerate(args if isinstance(args, list) else ()):
            if isinstance(arg, str):
                yield where, i, arg


def _variables(model: dict[str, Any], names: set[str]) -> Iterator[Path]:
    """The variables of templates of a model with prefill servers: the paths of their entries."""
    asked = model.get("prefill")
    for owner in ((), ("prefill",)) if isinstance(asked, dict) else ():
        steps = (*owner, "template", "spec", "containers")
        for i, container in maps(at(model, *steps)):
            for j, entry in maps(container.get("env")):
                if text(entry.get("name")) in names:
                    yield (*steps, i, "env", j)


def derived(context: SpecContext) -> Iterator[tuple[Path, str, str]]:
    """The flags of stackgen in `args`: path, the message and the remedy."""
    for path, model in context.items("serving", "models"):
        for where, i, arg in _args(path, model):
            flag = arg.partition("=")[0].replace("_", "-")
            instead = _INSTEAD.get(flag)
            by = _BY_FIELD.get(flag, ())
            if by and at(model, *by) is not None:
                instead = f"it is set by `{'.'.join(by)}`"
            if instead is not None:
                field, given = _FIELDS.get(flag), arg.partition("=")[2]
                yield (
                    (*where, "args", i),
                    f"{model.get('name', 'a model')}: stackgen sets {flag}; {instead}",
                    f"Remove the flag, and set `{field}: {visible(given)}` on the model."
                    if field and given else f"Remove `{flag}` from `args`.",
                )  # fmt: skip


def check(context: SpecContext) -> Violations:
    """One finding for each such flag or variable."""
    rows = [row.data for row in context.catalog.rows("transfer")]
    names = {name for row in rows for name in (row["host"], *row["ports"])}
    for path, model in context.items("serving", "models"):
        for where in _variables(model, names):
            name = at(model, *where, "name")
            yield violation(
                f"{model.get('name', 'a model')}: stackgen sets {name}, because the other role "
                "connects to it",
                context.place(*path, *where, "name"),
                impact="Not rendered. The KV cache would not get from prefill to decode servers.",
                remedy=f"Remove `{name}` from `env`.",
            )
    for path, message, remedy in derived(context):
        yield violation(message, context.place(*path), remedy=remedy)
