"""Go templates in the texts of presets and services, evaluated as the controller evaluates them.

The controller writes the merged spec as JSON, runs text/template over it, and reads the result: a
text sees its own JSON form, so that `{{-` does not take away a line break, and a quote in an action
is an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from stackgen.manifest.gotemplate.builtin import BUILTIN
from stackgen.manifest.gotemplate.evaluate import Evaluator
from stackgen.manifest.gotemplate.syntax import TemplateError, parse

Functions = Mapping[str, Callable[..., Any]]
_ROOT = ""  # the name of the text among the templates that it defines


class Struct(dict[str, Any]):
    """An object of a Go type: a name that it does not have is an error."""


def render(tree: Any, data: Mapping[str, Any], functions: Functions) -> Any:
    """The tree with every template of its texts evaluated. Raises TemplateError."""
    return _rendered(tree, data, _evaluator(functions))


def evaluated(text: str, data: Mapping[str, Any], functions: Functions) -> str:
    """One text. Raises TemplateError."""
    return _text(text, data, _evaluator(functions))


def _evaluator(functions: Functions) -> Evaluator:
    return Evaluator({}, {**_FUNCTIONS, **functions}, {}, field=_field, shown=_shown)


def _rendered(tree: Any, data: Mapping[str, Any], evaluator: Evaluator) -> Any:
    if isinstance(tree, str):
        return _text(tree, data, evaluator) if "{{" in tree else tree
    if isinstance(tree, dict):
        return {
            _text(key, data, evaluator) if "{{" in key else key: (
                value
                if isinstance(value, str) and "{{" not in value
                else _rendered(value, data, evaluator)
            )
            for key, value in tree.items()
        }
    return [_rendered(one, data, evaluator) for one in tree] if isinstance(tree, list) else tree


def _text(text: str, data: Mapping[str, Any], evaluator: Evaluator) -> str:
    evaluator.templates = _templates(text)
    written = evaluator.text(_ROOT, data)
    try:
        result = json.loads(f'"{written}"')
    except ValueError:
        raise TemplateError("the result is not JSON: a value has a quote or a line break") from None
    assert isinstance(result, str)
    return result


@lru_cache(maxsize=1024)  # every service has the texts of the presets
def _templates(text: str) -> dict[str, tuple[Any, ...]]:
    """The text and the templates that it defines."""
    known: dict[str, tuple[Any, ...]] = {}
    known[_ROOT] = parse(json.dumps(text, ensure_ascii=False)[1:-1], known)
    return known


def _field(value: Any, name: str) -> Any:
    """A field of Go's types: the first letter is large, that of the API's name is small."""
    if value is None:
        raise TemplateError(f"nil pointer evaluating {name}")
    if not isinstance(value, Mapping):
        raise TemplateError(f"can't evaluate field {name}")
    if name in value:
        return value[name]
    if isinstance(value, Struct):
        raise TemplateError(f"can't evaluate field {name}")
    folded = {str(key).lower(): key for key in value}
    return value[folded[name.lower()]] if name.lower() in folded else None


def _shown(value: Any) -> str:
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise TemplateError("an object is printed in Go's notation, which is not predicted")


def _print(*values: Any) -> str:
    """Texts. Numbers of a service are pointers, which Go prints as addresses."""
    if not all(isinstance(value, str) for value in values):
        raise TemplateError("print of this value is not predicted")
    return "".join(values)


def _printf(form: Any, *values: Any) -> str:
    """Texts by %s and %v, for the reason of `_print`."""
    pieces, left = [], list(values)
    for piece in re.split(r"(%.)", str(form)):
        if piece in ("%s", "%v") and left and isinstance(left[0], str):
            pieces.append(left.pop(0))
        elif piece == "%%" or "%" not in piece:
            pieces.append("%" if piece == "%%" else piece)
        else:
            raise TemplateError(f"printf: {piece} of this value is not predicted")
    if left:
        raise TemplateError("printf: there are more values than verbs")
    return "".join(pieces)


_COMPARE = ("eq", "ne", "lt", "le", "gt", "ge")
_FUNCTIONS: Functions = {
    **{name: BUILTIN[name] for name in (*_COMPARE, "not", "len", "index", "slice")},
    "print": _print,
    "printf": _printf,
}
