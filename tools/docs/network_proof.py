"""docs/network.md: the proof table of the reference stack, between its two marks.

python tools/docs/network_proof.py --write
python tools/docs/network_proof.py --check
"""

from __future__ import annotations

import sys
from pathlib import Path

from stackgen.compiler import compile_environment
from stackgen.net.profile import profile_of
from stackgen.net.prove import prove
from stackgen.net.show import prove_markdown

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "network.md"
BEGIN, END = "<!-- proof -->\n", "<!-- /proof -->\n"


def wanted(text: str) -> str:
    """The page with the table as it is now."""
    compiled = compile_environment(str(ROOT), "dev", prove=False)
    assert compiled.bundle is not None and compiled.plan is not None
    table = prove_markdown(prove(compiled.bundle, profile_of(compiled.plan)))
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def main(arguments: list[str]) -> int:
    """0 when the page holds (now) what it should, 1 on drift, 2 for wrong usage."""
    if arguments not in (["--write"], ["--check"]):
        sys.stderr.write(__doc__ or "")
        return 2
    text = PAGE.read_text(encoding="utf-8")
    if arguments == ["--write"]:
        PAGE.write_text(wanted(text), encoding="utf-8", newline="\n")
        return 0
    if text != wanted(text):
        sys.stderr.write("docs/network.md is not what the stack proves: --write\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
