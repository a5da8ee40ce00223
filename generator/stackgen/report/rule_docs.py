"""docs/rules/: a page for each rule and an index, generated from the rules themselves.

python -m stackgen.report.rule_docs --write [FOLDER]
python -m stackgen.report.rule_docs --check [FOLDER]
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from stackgen.findings.model import Rule
from stackgen.reading import read_text
from stackgen.report import rule_list, rule_page

FOLDER = os.path.join("docs", "rules")


def pages(rules: Mapping[str, Rule]) -> dict[str, str]:
    """File name to content, the index included."""
    index = f"{rule_page.NOTE}\n\n{rule_list.markdown(rules.values())}"
    return {"README.md": index, **{f"{r.id}.md": rule_page.page(r) for r in rules.values()}}


def drift(rules: Mapping[str, Rule], folder: str) -> list[str]:
    """The files that differ from what they should be: changed, missing or left over."""
    wanted = pages(rules)
    present = set(os.listdir(folder)) if os.path.isdir(folder) else set()
    wrong = [name for name in present if name.endswith(".md") and name not in wanted]
    for name, content in wanted.items():
        if name not in present or _read(os.path.join(folder, name)) != content:
            wrong.append(name)
    return sorted(wrong)


def write(rules: Mapping[str, Rule], folder: str) -> list[str]:
    """Make `folder` hold exactly the pages; the files that changed."""
    os.makedirs(folder, exist_ok=True)
    wanted, changed = pages(rules), drift(rules, folder)
    for name in changed:
        path = os.path.join(folder, name)
        if name not in wanted:
            os.unlink(path)
            continue
        with open(path, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(wanted[name])
    return changed


def _read(path: str) -> str:
    return read_text(path)


def main(arguments: list[str]) -> int:
    """0 when the folder holds (now) what it should, 1 on drift, 2 for wrong usage."""
    from stackgen.checks.registry import all_rules

    if not arguments or arguments[0] not in ("--write", "--check") or len(arguments) > 2:
        sys.stderr.write((__doc__ or "").split("\n\n")[1] + "\n")
        return 2
    folder = arguments[1] if len(arguments) > 1 else FOLDER
    if arguments[0] == "--write":
        for name in write(all_rules(), folder):
            sys.stderr.write(f"{os.path.join(folder, name)}\n")
        return 0
    wrong = drift(all_rules(), folder)
    for name in wrong:
        sys.stderr.write(f"{os.path.join(folder, name)} is not what the rules say\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
