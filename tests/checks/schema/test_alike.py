"""Objects that differ only in digits of names are accepted together, and no others."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from stackgen.checks.context import Context
from stackgen.checks.schema.alike import WORDS, alike
from stackgen.checks.schema.judge import judge_of
from stackgen.manifest.resource import Bundle
from tests.stacks import ROOT


def _deployment(number: str, **more: Any) -> dict[str, Any]:
    labels = {"app": f"web-{number}"}
    container = {"name": "main", "image": f"registry.example.com/web:v{number}", **more}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": f"web-{number}", "namespace": "team-4"},
        "spec": {"selector": {"matchLabels": {"app": f"web-{number}"}}, "template": template},
    }


def test_objects_that_differ_in_digits_of_names_are_alike() -> None:
    assert alike(_deployment("17")) == alike(_deployment("23")) != ""


OTHERS = {
    "length": _deployment("170"),
    "letters": _deployment("1x"),
    "number": _deployment("17", ports=[{"containerPort": 80}]),
    "variable": _deployment("17", env=[{"name": "A", "value": "1"}]),
    "key": _deployment("17") | {"data": {"web-1": ""}},
    "version": _deployment("17") | {"apiVersion": "apps/v2"},
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_other_objects_are_not(other: dict[str, Any]) -> None:
    assert alike(other) != alike(_deployment("17"))


def test_equal_names_stay_equal() -> None:
    one, other = _deployment("17"), _deployment("17")
    one["spec"]["selector"]["matchLabels"]["app"] = "web-18"
    other["spec"]["selector"]["matchLabels"]["app"] = "web-19"
    assert alike(one) == alike(other) != alike(_deployment("17"))


def test_keys_that_are_no_strings_are_like_nothing() -> None:
    assert alike({"kind": "ConfigMap", "data": {1: "a"}}) == ""
    assert alike({"kind": "ConfigMap", "data": {True: "a"}}) == ""


def test_an_api_version_is_no_name() -> None:
    def pool(digit: int) -> dict[str, Any]:
        metadata = {"name": f"x-k{digit}s"}
        return {"apiVersion": f"inference.x-k{digit}s.io/v1", "metadata": metadata}

    assert alike(pool(8)) != alike(pool(9))


def test_words_of_schemas_are_no_names() -> None:
    found: set[str] = set()
    for file in (ROOT / "schemas").rglob("*.json"):
        for listed in re.findall(r'"enum": ?(\[[^\]]*\])', file.read_text(encoding="utf-8")):
            found.update(word for word in json.loads(listed) if isinstance(word, str))
    name = re.compile(r"(?=.*\d)[a-z][a-z0-9]*(?:-[a-z0-9]+)+")
    assert {word for word in found if name.fullmatch(word)} == WORDS


def test_an_object_like_a_rejected_one_has_problems_of_its_own() -> None:
    judge = judge_of(Context(Bundle(())))
    for number in ("17", "18"):
        rejected = _deployment(number)
        rejected["spec"]["selector"]["matchLabels"]["app"] = f"api-{number}"
        assert [f"api-{number}" in problem.message for problem in judge(rejected)] == [True]
        assert judge(_deployment(number)) == []
