"""A vLLM flag in `args` that stackgen writes itself."""

from __future__ import annotations

from stackgen.checks.context import SpecContext
from stackgen.escape import visible
from stackgen.findings.model import Violations, violation

# flag -> what to do instead
_INSTEAD = {
    "--model": "set `model`; KServe mounts it at the path of the release",
    "--served-model-name": "set `servedName`",
    "--port": "the port is the one that KServe uses",
    "--max-model-len": "set `maxModelLen`",
    "--ssl-certfile": "the certificate is the one that KServe mounts",
    "--ssl-keyfile": "the key is the one that KServe mounts",
}

_FIELDS = {"--max-model-len": "maxModelLen", "--served-model-name": "servedName"}


def check(context: SpecContext) -> Violations:
    """One finding for each such flag."""
    for path, model in context.items("serving", "models"):
        args = model.get("args")
        for i, arg in enumerate(args if isinstance(args, list) else ()):
            if not isinstance(arg, str):
                continue
            flag = arg.partition("=")[0].replace("_", "-")
            instead = _INSTEAD.get(flag)
            if flag == "--max-num-seqs" and model.get("concurrency") is not None:
                instead = "it is set by `concurrency`"
            picker = model.get("picker")
            if flag == "--block-size" and isinstance(picker, dict) and "blockSize" in picker:
                instead = "it is set by `picker.blockSize`"
            if instead is not None:
                field, given = _FIELDS.get(flag), arg.partition("=")[2]
                yield violation(
                    f"{model.get('name', 'a model')}: stackgen sets {flag}; {instead}",
                    context.place(*path, "args", i),
                    remedy=f"Remove the flag, and set `{field}: {visible(given)}` on the model."
                    if field and given else f"Remove `{flag}` from `args`.",
                )  # fmt: skip
