"""Does a value hold a schema that stands in a CustomResourceDefinition, such as its own default?"""

from __future__ import annotations

from typing import Any

from stackgen.schema import cross_field, node, structure
from stackgen.schema.condense import one_schema, to_text
from stackgen.schema.problem import Problem


def problems_of_value(value: Any, schema: dict[str, Any]) -> list[Problem]:
    """The problems of `value` under one structural schema, its rules between fields included.

    A schema that cannot be compiled has no answer: what is wrong with it is reported elsewhere.
    """
    condensed = one_schema(schema)
    tree = node.Tree(condensed, to_text(condensed).encode())
    problems: list[Problem] = []
    try:
        prepared = node.prepare(value, tree.root, (), problems)
    except node.TooManyDefaultsError as too_many:
        return [*problems, Problem("schema-not-evaluated", (), str(too_many))]
    try:
        compiled = structure.compiled(condensed)
    except ValueError:
        return problems
    for error in compiled.iter_errors(prepared):
        problems += structure.explain(error, prepared, tree)
    if tree.ruled and not problems:
        problems += cross_field.check(prepared, tree.root, None)
    return problems
