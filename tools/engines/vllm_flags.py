"""Write generator/stackgen/facts/engine_flags.yaml from the argument parsers in wheels of vLLM.

python tools/engines/vllm_flags.py WHEEL...

Download a wheel with `pip download --no-deps vllm==VERSION`. The parsers are read as source and
not run: the option strings of each `add_argument`, and the fields of the class FrontendArgs, from
which vLLM makes one option each.
"""

from __future__ import annotations

import ast
import re
import sys
import textwrap
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

OUTPUT = Path(__file__).parents[2] / "generator" / "stackgen" / "facts" / "engine_flags.yaml"
PARSERS = (
    "vllm/engine/arg_utils.py",
    "vllm/entrypoints/openai/cli_args.py",
    "vllm/entrypoints/cli/serve.py",
    "vllm/entrypoints/utils.py",
)
FIELDS_OF = "FrontendArgs"
WHEEL = re.compile(r"vllm(?:_tpu)?-(\d+\.\d+\.\d+)-")
HEAD = """\
# The options of vLLM's server, by version, without their dashes. Written by
# tools/engines/vllm_flags.py from the argument parsers in the packages.
source: wheels of vllm and vllm-tpu on PyPI
as_of: {today}
vllm:
"""


def main(wheels: list[str]) -> int:
    """0 when the file was written, 2 for wrong usage."""
    named = {match[1]: wheel for wheel in wheels if (match := WHEEL.search(wheel))}
    if not wheels or len(named) != len(wheels):
        sys.stderr.write((__doc__ or "").split("\n\n")[1] + "\n")
        return 2
    lines = [HEAD.format(today=date.today().isoformat())]
    for version in sorted(named, key=lambda text: [int(part) for part in text.split(".")]):
        flags = ", ".join(sorted(set(_flags(named[version]))))
        lines.append(f'  "{version}":\n')
        wrap = textwrap.TextWrapper(
            100, initial_indent="    ", subsequent_indent="     ", break_on_hyphens=False
        )
        lines.append(wrap.fill(f"[{flags}]") + "\n")
    OUTPUT.write_text("".join(lines), encoding="utf-8")
    return 0


def _flags(wheel: str) -> Iterator[str]:
    with zipfile.ZipFile(wheel) as archive:
        for name in PARSERS:
            if name in archive.namelist():
                yield from _of_source(archive.read(name).decode("utf-8"))


def _of_source(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "add_argument":
            values = [x.value for x in node.args if isinstance(x, ast.Constant)]
            options = [x for x in values if isinstance(x, str) and x.startswith("-")]
            yield from (option.lstrip("-").replace("_", "-") for option in options)
        elif isinstance(node, ast.ClassDef) and FIELDS_OF in node.name:
            for field in node.body:
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                    yield field.target.id.replace("_", "-")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
