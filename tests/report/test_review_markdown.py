"""The comment on a pull request: never too long, and nothing in it is markup by accident."""

from __future__ import annotations

import re

from stackgen.report import review_markdown
from stackgen.report.review_markdown import LIMIT
from stackgen.report.style import Style
from tests.review.given import reviewed

ONE = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: d%d, namespace: n}
spec: {replicas: %d, template: {spec: {containers: [{name: main, image: "x:%d"}]}}}
"""


def many(count: int, version: int) -> str:
    return "---\n".join(ONE % (i, version, version) for i in range(count))


def test_a_huge_review_fits_into_a_comment() -> None:
    text = review_markdown.render([reviewed(many(3000, 1), many(3000, 2))], Style())
    assert len(text) <= LIMIT
    assert "3000 objects: 3000 changed" in text
    assert re.search(r"and \d+ objects more", text)
    assert text.count("```") % 2 == 0
    assert text.count("<details>") == text.count("</details>")


def test_many_environments_fit_into_a_comment() -> None:
    one = reviewed(many(30, 1), many(30, 0))
    text = review_markdown.render([one] * 60, Style())
    assert len(text) <= LIMIT
    assert text.endswith("The rest is left out: `stackgen diff` shows it.\n")


def test_no_change_is_one_line() -> None:
    text = review_markdown.render([reviewed(many(1, 1), many(1, 1))], Style())
    assert text == "<!-- stackgen diff -->\n### stackgen diff: no change\n"


def test_values_are_no_markup() -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {type: LoadBalancer, a: %s}\n"
    evil = '"```\\n</details><img src=x> @everyone | `a` **b** #1"'
    written = review_markdown.render([reviewed(text % '"1"', text % evil)], Style())
    outside = re.sub(r"(`{3,})diff\n.*?\n\1", "", written, flags=re.DOTALL)
    assert "<img" not in outside
    assert "@everyone" not in outside
    assert written.count("\n````diff\n") == 1


def test_what_is_said_in_words_is_escaped() -> None:
    old = "apiVersion: serving.kserve.io/v1alpha1\nkind: LLMInferenceService\nmetadata: {name: x}\n"
    old += "spec: {model: {uri: 'hf://a/b', name: '%s'}}\n"
    written = review_markdown.render([reviewed(old % "a", old % "<b>@all*_|")], Style())
    line = next(x for x in written.splitlines() if "get 404" in x)
    assert "&lt;b&gt;&#64;all\\*\\_\\|" in line
