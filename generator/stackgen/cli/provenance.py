"""What trace and impact share: compiling one environment without proving it."""

from __future__ import annotations

from stackgen.compiler import OUT, Compiled, compile_environment, environments
from stackgen.errors import UsageError


def environment_of(file: str) -> str:
    """The environment in `out/ENV/...`. Raises UsageError for other files."""
    parts = file.split("/")
    if len(parts) < 3 or parts[0] != OUT:
        raise UsageError(f"{file} is not below {OUT}/ENV/")
    return parts[1]


def compiled_for(root: str, env: str) -> Compiled:
    """The compiled environment. Raises UsageError when the spec has errors."""
    known = environments(root, (env,) if env else ())
    if not env and len(known) > 1:
        raise UsageError(f"name the environment with --env: {', '.join(known)}")
    compiled = compile_environment(root, known[0], prove=False)
    if compiled.bundle is None:
        raise UsageError("the spec has errors; `stackgen build` shows them")
    return compiled
