"""docs/rules/README.md, the list of the rules' pages, generated from them.

python -m stackgen.report.rule_docs --write [FILE]
python -m stackgen.report.rule_docs --check [FILE]
"""

from __future__ import annotations

import os
import sys

from stackgen.findings.rules import OVERVIEW, all_rules
from stackgen.reading import read_text
from stackgen.report.rule_list import markdown

FILE = os.path.join("docs", "rules", OVERVIEW)
NOTE = "<!-- Generated from the pages by python -m stackgen.report.rule_docs --write. -->"


def overview() -> str:
    """What the file holds: a table of rules for each family."""
    return f"{NOTE}\n\n{markdown(all_rules().values())}"


def main(arguments: list[str]) -> int:
    """0 when the file holds (now) what it should, 1 when it does not, 2 for wrong usage."""
    if not arguments or arguments[0] not in ("--write", "--check") or len(arguments) > 2:
        sys.stderr.write((__doc__ or "").split("\n\n")[1] + "\n")
        return 2
    file = arguments[1] if len(arguments) > 1 else FILE
    if arguments[0] == "--write":
        with open(file, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(overview())
        return 0
    if os.path.exists(file) and read_text(file) == overview():
        return 0
    sys.stderr.write(f"{file} is not what the pages say\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
