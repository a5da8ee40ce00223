"""Values that a template cannot set to false, because `default true` takes false for unset."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stackgen.manifest.document import Mark, Source, YamlProblem
from stackgen.regex import regex

_TRUE = r'(?:true\b|"true")'
_PATH = r"\$?\.(?:Values|StateValues|Environment\.Values)(?P<{}>(?:\.\w+)+)"
_ALWAYS = regex(
    rf"{_PATH.format('before')}[ \t]*\|[ \t]*default[ \t]+{_TRUE}"
    rf"|\bdefault[ \t]+{_TRUE}[ \t]+{_PATH.format('after')}"
)


def always_true(
    templates: Iterable[Source], values: Mapping[str, Any]
) -> Iterator[tuple[Source, YamlProblem]]:
    """The first use of each such value. values: those of the chart; others need not be booleans."""
    seen: set[str] = set()
    for template in templates:
        for found in _ALWAYS.finditer(template.text):
            name = found["before"] or found["after"]
            value: Any = values
            for step in name[1:].split("."):
                value = value.get(step) if isinstance(value, Mapping) else None
            if not isinstance(value, bool) or name in seen:
                continue
            seen.add(name)
            said = f"{name[1:]} is true here, also where it is set to false"
            if value is False:
                said = f"{name[1:]} is false in the values, and true here"
            line = template.text.count("\n", 0, found.start()) + 1
            column = found.start() - template.text.rfind("\n", 0, found.start())
            end = column + found.end() - found.start()
            yield template, YamlProblem("template-default-true", said, Mark(line, column, end))
