"""The values of the variables and local values of Terraform files, by folder."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from stackgen.manifest import terraform
from stackgen.manifest.document import Source
from stackgen.regex import regex

_GIVEN = regex(r"\bterraform\b.*-var|\bTF_VAR_|-var(-file)?=")
_MODULES = 3  # modules within modules


def variables_of(
    files: list[Source], texts: Iterable[Source], values: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """What is known in each folder of Terraform files, with what callers pass to local modules.

    texts: all that is read, where a script may give values. values: the texts of files with values
    of variables, by path.
    """
    defaults: dict[str, dict[str, Any]] = {os.path.dirname(file.name): {} for file in files}
    # Values that a script or a file sets take the place of the defaults.
    given = any(_GIVEN.search(source.text) for source in texts)
    # Local values may name variables of any file.
    for words in () if given else (("variable", "locals"), ("locals",)):
        for file in files:
            if any(word in file.text for word in words):
                own = defaults[os.path.dirname(file.name)]
                own.update(terraform.defaults(terraform.read(file.text, dict(own))))
        _drop_named(defaults, values)
        for folder, own in defaults.items():
            own.update(terraform.given_in(folder, values))
    callers = [file for file in files if "module" in file.text]
    for _ in range(_MODULES):
        _pass_on(callers, defaults)
    return defaults


def _drop_named(defaults: Mapping[str, dict[str, Any]], values: Mapping[str, str]) -> None:
    """Forget defaults that a file changes which Terraform reads only if a command names it."""
    for name, text in values.items():
        if os.path.dirname(name) in defaults and terraform.is_read(name):
            continue
        for key, one in terraform.given(text).items():
            for own in defaults.values():
                if key in own and own[key] != one.value:
                    own[key] = f"${{var.{key}}}"


def _pass_on(callers: list[Source], defaults: dict[str, dict[str, Any]]) -> None:
    """Give the variables of local modules what their callers pass to them.

    A variable for which two callers have different values has none.
    """
    given: dict[tuple[str, str], dict[str, Any]] = {}
    for file in callers:
        here = os.path.dirname(file.name)
        for block in terraform.read(file.text, defaults[here]):
            source = block.find("source") if block.type == "module" else None
            if source is not None and str(source.value).startswith("."):
                module = os.path.normpath(os.path.join(here, str(source.value)))
                for name, one in block.attributes.items() if module in defaults else ():
                    given.setdefault((module, name), {})[repr(one.value)] = one.value
    for (module, name), values in given.items():
        alone = next(iter(values.values())) if len(values) == 1 else f"${{var.{name}}}"
        defaults[module][name] = alone
