"""The METADATA header of a policy file: what the engine needs, without running any Rego.

What the rule is, its page says. Title and severity are in both, for those who run the files with
other tools; a test keeps them equal.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any, Literal, cast

from stackgen import paths
from stackgen.findings.model import Rule
from stackgen.findings.rules import all_rules
from stackgen.manifest.yaml_in import parse
from stackgen.reading import read_text
from stackgen.record import record

Scope = Literal["file", "set"]
_FIELDS = {"severity", "scope", "kinds", "needs"}
_REQUIRED = ("severity", "scope", "kinds")


class HeaderError(Exception):
    """A shipped policy file whose header is missing or incomplete."""


@record
class Policy:
    """A shipped policy.

    scope: judged on one document, or on the whole set. kinds: there is nothing to judge unless an
    object of one of these is there; `pods` stands for the kinds that hold Pod specs, `all` for any.
    needs: the key of the cluster profile without which the policy finds nothing, else empty.
    """

    rule: Rule
    file: str
    scope: Scope
    kinds: tuple[str, ...]
    needs: str = ""


def files() -> tuple[str, ...]:
    """The shipped policy files, sorted; libraries and tests are not among them."""
    return tuple(
        name
        for name in sorted(os.listdir(paths.policies()))
        if name.endswith(".rego") and not name.endswith("_test.rego")
    )


def libraries() -> tuple[str, ...]:
    """The shipped library files, below `policies/`, sorted."""
    names = sorted(os.listdir(paths.policies("lib")))
    return tuple(f"lib/{n}" for n in names if n.endswith(".rego") and not n.endswith("_test.rego"))


@cache
def policy(rule_id: str) -> Policy:
    """The shipped policy called `rule_id`. Raises HeaderError, or OSError for an unknown id."""
    return read(rule_id, paths.policies(f"{rule_id}.rego"))


def read(rule_id: str, file: str) -> Policy:
    """The policy in `file`. Raises HeaderError when its header says too little."""
    header = _header(read_text(file), file)
    custom = header.get("custom")
    if not isinstance(custom, dict):
        raise HeaderError(f"{file}: the METADATA has no `custom`")
    missing = [f for f in _REQUIRED if not isinstance(custom.get(f), str)]
    unknown = sorted(set(custom) - _FIELDS)
    if missing or unknown or not header.get("title"):
        raise HeaderError(f"{file}: missing {missing}, unknown {unknown}")
    if custom["scope"] not in ("file", "set"):
        raise HeaderError(f"{file}: scope {custom['scope']}")
    rule = all_rules().get(rule_id)
    if rule is None:
        raise HeaderError(f"{file}: there is no page docs/rules/{rule_id}.md")
    if (custom["severity"], header["title"]) != (str(rule.severity), rule.summary):
        raise HeaderError(f"{file}: title and severity are not those of docs/rules/{rule_id}.md")
    kinds = tuple(custom["kinds"].split(", "))
    return Policy(rule, file, cast(Scope, custom["scope"]), kinds, str(custom.get("needs", "")))


def _header(text: str, file: str) -> dict[str, Any]:
    """The first METADATA block: comment lines, YAML without the leading `# `."""
    lines = text.splitlines()
    try:
        start = lines.index("# METADATA") + 1
    except ValueError:
        raise HeaderError(f"{file}: no METADATA") from None
    block = []
    for line in lines[start:]:
        if not line.startswith("#"):
            break
        block.append(line[2:])
    documents = parse("\n".join(block), file)
    problems = [problem.message for document in documents for problem in document.problems]
    if problems:
        raise HeaderError(f"{file}: the METADATA is not YAML: {problems[0]}")
    found = documents[0].data if documents else None
    if not isinstance(found, dict):
        raise HeaderError(f"{file}: the METADATA is not an object")
    return found
