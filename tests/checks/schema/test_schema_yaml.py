"""Manifests that are no YAML, or say a key twice."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from stackgen.cli.lint import lint

OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: team}\n"


@pytest.mark.parametrize(
    ("text", "found", "code"),
    [
        (f"{OBJECT}data: {{a: '1'}}\n", "no findings in 1 document\n", 0),
        (
            f"{OBJECT}data: {{a: '1', a: '2'}}\n",
            "<stdin>:4:16: error[schema-yaml] the key 'a' occurs twice; first at line 4\n",
            1,
        ),
        (
            f"{OBJECT}data: [1\n",
            "error[schema-yaml] brackets are not closed, or a comma is missing\n",
            2,
        ),
    ],
)
def test_what_the_yaml_does_wrong_is_a_finding(text: str, found: str, code: int) -> None:
    result = CliRunner().invoke(
        lint, ["-", "--output-format", "concise"], input=text, standalone_mode=False
    )
    assert found in result.stdout
    assert result.return_value == code
