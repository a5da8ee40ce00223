"""A vLLM flag in `args` that stackgen writes itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from stackgen.checks.context import SpecContext
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, at
from stackgen.findings.model import Violations, violation
from stackgen.manifest.document import Path

# flag -> what to do instead
_INSTEAD = {
    "--model": "set `model`; KServe mounts it at the path of the release",
    "--served-model-name": "set `servedName`",
    "--port": "the port is the one that KServe uses",
    "--max-model-len": "set `maxModelLen`",
    "--ssl-certfile": "the certificate is the one that KServe mounts",
    "--ssl-keyfile": "the key is the one that KServe mounts",
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


def check(context: SpecContext) -> Violations:
    """One finding for each such flag."""
    for path, model in context.items("serving", "models"):
        for where, i, arg in _args(path, model):
            flag = arg.partition("=")[0].replace("_", "-")
            instead = _INSTEAD.get(flag)
            by = _BY_FIELD.get(flag, ())
            if by and at(model, *by) is not None:
                instead = f"it is set by `{'.'.join(by)}`"
            if instead is not None:
                field, given = _FIELDS.get(flag), arg.partition("=")[2]
                yield violation(
                    f"{model.get('name', 'a model')}: stackgen sets {flag}; {instead}",
                    context.place(*where, "args", i),
                    remedy=f"Remove the flag, and set `{field}: {visible(given)}` on the model."
                    if field and given else f"Remove `{flag}` from `args`.",
                )  # fmt: skip
