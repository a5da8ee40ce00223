"""Write generator/stackgen/catalog/engines/ENGINE.json from the packages of an engine.

python tools/engines/write.py ENGINE PACKAGE...

ENGINE is vllm, vllm-tpu or sglang. A package is a wheel or an sdist, downloaded with `pip download
--no-deps ENGINE==VERSION`. Packages of tpu-inference of the same versions add the environment
variables of vllm-tpu. The source is read and not run. What the file says of `replaced` options is
kept, and its `rules` too: they are written by hand.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import sglang
import vllm
from engine_file import save
from packages import Package, opened

sys.path.insert(0, str(Path(__file__).parents[1]))
from ranges import order

_Read = Callable[[Package], dict[str, str]]
ENGINES: Mapping[str, tuple[tuple[str, ...], _Read, _Read]] = {
    "vllm": (vllm.FILES, vllm.options, vllm.environment),
    "vllm-tpu": (vllm.FILES, vllm.options, vllm.environment),
    "sglang": (sglang.FILES, sglang.options, sglang.environment),
}
_BACKEND = "tpu_inference"


def main(arguments: list[str]) -> int:
    """0 when the file was written, 2 for wrong usage."""
    if len(arguments) < 2 or arguments[0] not in ENGINES:
        sys.stderr.write((__doc__ or "").split("\n\n")[1] + "\n")
        return 2
    engine, files = arguments[0], arguments[1:]
    wanted, read, environment = ENGINES[engine]
    options: dict[str, dict[str, str]] = {}
    variables: dict[str, dict[str, str]] = {}
    for package in (opened(file, wanted) for file in files):
        if package.name != _BACKEND:
            options[package.version] = read(package)
        variables.setdefault(package.version, {}).update(environment(package))
    versions = sorted(options, key=order)
    source = f"argument parsers in the packages of {engine} on PyPI"
    save(engine, source, versions, options, variables)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
