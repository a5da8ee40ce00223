"""The review for programs follows its documented schema."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest

from stackgen.report import review_json
from stackgen.report.style import Style
from tests import sandbox
from tests.review.given import reviewed

SCHEMA = json.loads((sandbox.ROOT / "docs" / "review.schema.json").read_text(encoding="utf-8"))
CASES = sorted((sandbox.ROOT / "tests" / "cases" / "review").glob("*/review.json"))


def problems(text: str) -> list[str]:
    validator = jsonschema_rs.Draft202012Validator(SCHEMA, validate_formats=True)
    return [error.message for error in validator.iter_errors(json.loads(text))]


@pytest.mark.parametrize("file", CASES, ids=lambda f: f.parent.name)
def test_whole_reviews_follow_the_schema(file: Path) -> None:
    assert problems(file.read_text(encoding="utf-8")) == []


def test_there_are_whole_reviews() -> None:
    assert len(CASES) >= 2


def test_an_empty_review_follows_the_schema() -> None:
    assert problems(review_json.render([], Style())) == []


def test_a_value_may_be_anything() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n%s\n"
    found = reviewed(text % "data: {a: '1'}", text % "data: {b: '2'}\nimmutable: true")
    written = review_json.render([found], Style())
    assert problems(written) == []
    (change,) = json.loads(written)["reviews"][0]["changes"]
    assert [(f["change"], f["path"], f["old"], f["new"]) for f in change["fields"]] == [
        ("removed", "data.a", "1", None),
        ("added", "data.b", None, "2"),
        ("added", "immutable", None, True),
    ]
