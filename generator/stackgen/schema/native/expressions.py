"""CEL inside admission policies, webhooks, device selectors and definitions: does it compile?

Only what is wrong in every version of the language is reported. Functions that Kubernetes adds
to CEL are not known to the compiler used here, so unknown functions are not held against a text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from stackgen.regex import regex
from stackgen.schema.native.fields import Fields

ADMISSION = ("object", "oldObject", "request", "authorizer", "namespaceObject")
_ERROR = regex(r"ERROR: <input>:\d+:\d+: (.*)")
_UNDECLARED = regex(r"undeclared reference to '([^']*)'")
# Forms that bind names of their own, which the compiler does not know.
_BINDING = regex(r"cel\.bind\(|\.\?|\[\?|optMap|optFlatMap|transform(?:List|Map)|,[^,()]*,")


def check_given(
    owner: Fields,
    more: tuple[str, ...],
    field: str = "expression",
    result: str = "bool",
    names: tuple[str, ...] = ADMISSION,
    limit: int = 0,
) -> None:
    """An expression that cannot be absent, of at most `limit` bytes; 0 for any length.

    `names` and `more` are the variables that it may use; `result` is what it gives.
    """
    text = (owner.get(field) or "").strip()
    if not text:
        owner.report.required(owner.at(field))
    elif limit and len(text) > limit:
        owner.report.length(owner.at(field), f"must be at most {limit} bytes")
    else:
        text = text.encode("utf-8", "replace").decode()  # half a surrogate pair has no UTF-8
        wrong = _problem(text, (*names, *more), result)
        if wrong:
            owner.report.add("schema-cross-field", owner.at(field), wrong)


@lru_cache(maxsize=32)
def _environment(names: tuple[str, ...]) -> Any:
    from cel_expr_python import cel

    return cel.NewEnv(variables=dict.fromkeys(names, cel.Type.DYN))


@lru_cache(maxsize=512)
def _problem(text: str, names: tuple[str, ...], result: str) -> str:
    try:
        compiled = _environment(names).compile(text)
    except RuntimeError as error:
        return _explain(text, str(error), names)
    found = str(compiled.return_type())
    if found == "DYN" and _VARIABLE.search(text):
        return ""  # the server knows the types of variables
    if result and found in _PLAIN and found != result.upper():
        return f"the expression gives {found.lower()}, a {result} is needed"
    return ""


_VARIABLE = regex(r"\bvariables\.")
_PLAIN = ("BOOL", "BYTES", "DOUBLE", "DURATION", "DYN", "INT", "STRING", "TIMESTAMP", "UINT")


def _explain(text: str, error: str, names: tuple[str, ...]) -> str:
    errors = _ERROR.findall(error)
    syntax = [e for e in errors if e.startswith("Syntax error")]
    if syntax:
        return f"the expression cannot be read as CEL: {_short(syntax[0])}"
    if _BINDING.search(text):
        return ""
    functions = False
    for message in errors:
        match = _UNDECLARED.search(message)
        if not match:
            continue
        name = match[1].partition(".")[0]
        if re.search(rf"\b{re.escape(match[1])}\s*\(", text):
            functions = True
        elif name not in names:
            return f"the expression uses {name}; known here are {', '.join(names)}"
    if not functions and any("no matching overload" in e for e in errors):
        return "the expression combines values of types that do not go together"
    return ""


def _short(message: str) -> str:
    return message.removeprefix("Syntax error: ").partition(" expecting ")[0]
