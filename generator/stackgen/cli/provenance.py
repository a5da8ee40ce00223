"""What commands about one environment share: compiling it."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.compiler import OUT, Compiled, compile_environment, environments, read_inputs
from stackgen.errors import UsageError


def environment_of(file: str) -> str:
    """The environment in `out/ENV/...`. Raises UsageError for other files."""
    parts = file.split("/")
    if len(parts) < 3 or parts[0] != OUT:
        raise UsageError(f"{file} is not below {OUT}/ENV/")
    return parts[1]


def compiled_for(root: str, env: str, *, prove: bool = False) -> Compiled:
    """The compiled environment. Raises UsageError for errors: of the spec, or with `prove` any."""
    known = environments(root, (env,) if env else ())
    if not env and len(known) > 1:
        raise UsageError(f"name the environment with --env: {', '.join(known)}")
    compiled = _made(compile_environment(root, known[0], prove=prove))
    if prove and _errors(root, compiled):
        raise UsageError(f"{known[0]} has errors; `stackgen build` shows them")
    return compiled


def all_compiled(root: str, envs: tuple[str, ...]) -> Iterator[Compiled]:
    """The named environments, or every one, of the same files. Raises UsageError for errors."""
    inputs = read_inputs(root, envs)
    for env in inputs.environments:
        yield _made(compile_environment(root, env, prove=False, inputs=inputs))


def _made(compiled: Compiled) -> Compiled:
    if compiled.bundle is None:
        raise UsageError("the spec has errors; `stackgen build` shows them")
    return compiled


def _errors(root: str, compiled: Compiled) -> bool:
    """Whether `stackgen build` would fail on it."""
    from datetime import date

    from stackgen.cli.options import ReportOptions, resolve
    from stackgen.findings.pipeline import conclude
    from stackgen.findings.rules import all_rules

    outcome = conclude(
        compiled.findings, resolve(ReportOptions(), all_rules(), root),
        documents=1, today=date.today(),
        suppressions=compiled.suppressions, sources=compiled.sources,
    )  # fmt: skip
    return outcome.exit_code != 0
