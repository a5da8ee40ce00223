"""The comment on a pull request: never too long, and nothing in it is markup by accident."""

from __future__ import annotations

import re
from dataclasses import replace

from stackgen.report import review_markdown
from stackgen.report.review_markdown import LIMIT
from stackgen.report.style import Style
from stackgen.review.links import Links
from stackgen.review.model import Cause, Connection, Consequence, Money, Review
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


def _environments(count: int, *, alike: bool, objects: int = 3) -> list[Review]:
    """Environments in which the same objects change, with words of their own if not alike."""
    one = reviewed(many(objects, 1), many(objects, 0))
    found = []
    for i in range(count):
        changes = one.changes
        if not alike:
            said = Consequence("x", "high", f"{i} " * 1000)
            changes = tuple(replace(c, consequences=(said,)) for c in changes)
        found.append(
            replace(one, env=f"env-{i}", old=f"main, out/env-{i} as committed", changes=changes)
        )
    return found


def test_many_environments_fit_into_a_comment() -> None:
    each = [
        replace(_environments(1, alike=False, objects=3 + i)[0], env=f"env-{i}") for i in range(40)
    ]
    text = review_markdown.render(each, Style())
    assert len(text) <= LIMIT
    assert re.search(r"\n\d+ sections are left out: `stackgen diff` shows them\.\n$", text)
    _is_whole(text)
    # Each environment is at least in the first table.
    assert text.count("| env-") == 40


def test_environments_with_equal_changes_are_one_section() -> None:
    alike = _environments(300, alike=True)
    text = review_markdown.render([*alike, *_environments(1, alike=True, objects=4)], Style())
    assert len(re.findall("(?m)^#### ", text)) == 2
    assert "#### env-0, env-1, env-2," in text and "env-11 and 288 more\n" in text
    assert text.count("`main, out/* as committed` to `new`") == 1
    assert "| 201 environments more | | | |" in text
    assert text.count("<details>") == 2
    _is_whole(text)


def test_what_differs_between_environments_names_them() -> None:
    """The same fields with other values and other words are one section."""
    first = replace(reviewed(many(1, 1), many(1, 3)), env="dev")
    others = [replace(reviewed(many(1, 1), many(1, 4)), env=env) for env in ("test", "prod")]
    causes = [
        (Cause("spec.a", "new", f"overlays/{one.env}/stack.yaml", 5 + i, 3, "1", "2"),)
        for i, one in enumerate((first, *others))
    ]
    each = [
        replace(one, changes=tuple(
            replace(c, causes=(cause,) * len(c.fields), consequences=(
                Consequence("x", "high", "all"), Consequence("y", "medium", f"of {one.env[0]}"),
            )) for c in one.changes
        ))
        for one, cause in zip((first, *others), causes, strict=True)
    ]  # fmt: skip
    text = review_markdown.render(each, Style())
    assert re.findall("(?m)^#### .*", text) == ["#### dev, test, prod"]
    assert [line.partition("<br>")[0] for line in text.splitlines() if line.startswith("- ")] == [
        "- **high** `Deployment d0`: all",
        "- **medium** (dev) `Deployment d0`: of d",
        "- **medium** (test) `Deployment d0`: of t",
        "- **medium** (prod) `Deployment d0`: of p",
    ]
    assert "!   spec.replicas: 1 -> 3  (dev)\n!   spec.replicas: 1 -> 4  (test, prod)\n" in text
    # Each overlay says it at a line of its own.
    assert text.count("    <- overlays/*/stack.yaml spec.a: 1 -> 2\n") == 1


def test_what_differs_in_equal_changes_is_by_environment() -> None:
    one, other = _environments(2, alike=True)
    cost = Money((), (1.0, 2.0), (1.0, 3.0), True)
    text = review_markdown.render([replace(one, money=cost), other], Style())
    (section,) = text.split("#### ")[1:]
    assert "\nenv-0:\n\n| USD per day" in section and "\nenv-1:\n" not in section


def test_the_same_cost_is_said_once() -> None:
    cost = Money((), (1.0, 2.0), (1.0, 3.0), True)
    alike = [replace(one, money=cost) for one in _environments(3, alike=True)]
    text = review_markdown.render(alike, Style())
    assert text.count("| USD per day, min to max nodes |") == 1


def _is_whole(text: str) -> None:
    """Each fence and each fold that opens closes, and no backtick is shown as such."""
    assert text.count("<details>") == text.count("</details>")
    fence = ""
    for line in text.splitlines():
        found = re.match("`{3,}", line)
        if found and not fence:
            fence = found[0]
        elif line == fence:
            fence = ""
        elif not fence:
            assert "\\`" not in line
            assert line.count("`") % 2 == 0, line
    assert fence == ""


def test_code_in_a_sentence_is_code() -> None:
    said = Consequence("x", "high", "set `a: 1` or `b|c`, not a ` alone", "Run `stackgen plan`.")
    (one,) = _environments(1, alike=True)
    text = review_markdown.render([replace(one, general=(said,))], Style())
    line = next(x for x in text.splitlines() if "alone" in x)
    assert "set `a: 1` or `b|c`, not a \\` alone" in line
    assert "*Run `stackgen plan`.*" in text


def test_connections_are_a_graph() -> None:
    (one,) = _environments(1, alike=True)
    opened = Connection('a/web"]', "internet", "TCP 80", "TCP 443", False, True)
    text = review_markdown.render([replace(one, connections=(opened,))], Style())
    graph = text.split("```mermaid\n")[1].split("```")[0].splitlines()
    assert graph == [
        "flowchart LR", '  n0["a/web#34;]"]', '  n1["internet"]',
        '  n0 -.->|"- TCP 80"| n1', '  n0 ==>|"+ TCP 443"| n1',
    ]  # fmt: skip
    many_of_them = tuple(replace(opened, destination=f"a/{i}") for i in range(30))
    assert "mermaid" not in review_markdown.render(
        [replace(one, connections=many_of_them)], Style()
    )


def test_a_line_of_the_spec_is_a_link_where_its_commit_is_known() -> None:
    old = "apiVersion: serving.kserve.io/v1alpha1\nkind: LLMInferenceService\nmetadata: {name: x}\n"
    old += "spec: {replicas: %d, model: {uri: 'hf://a/b', name: '%s'}}\n"
    one = reviewed(old % (1, "a"), old % (1, "b"))
    (change,) = one.changes
    form = "{repository}/blob/{commit}/{file}#L{line}"
    causes = (Cause("spec.a", "new", "dir (1)/stack.yaml", 7, 3, "1", "2"),
              Cause("spec.b", "old", "stack.yaml", 9, 1))  # fmt: skip
    linked = replace(
        one, changes=(replace(change, causes=tuple(causes for _ in change.fields)),),
        links=(Links(form, "https://h.example/o/r", "abc", "sub/"),
               Links(form, "https://h.example/o/r", "def", "sub/", frozenset({"other"}))),
    )  # fmt: skip
    text = review_markdown.render([linked], Style())
    assert "from `dir (1)/stack.yaml:7:3 spec.a: 1 -> 2`, [`(old) stack.yaml:9:1`]" in text
    assert "(https://h.example/o/r/blob/abc/sub/stack.yaml#L9) `spec.b`" in text
    there = Links(form, "https://h.example/o/r", "def")
    text = review_markdown.render([replace(linked, links=(Links(), there))], Style())
    assert (
        "[`dir (1)/stack.yaml:7:3`](https://h.example/o/r/blob/def/dir%20%281%29/stack.yaml#L7)"
        in text
    )


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


def test_a_pipe_in_code_stays_a_pipe() -> None:
    cause = Cause("spec.a", "new", "stack.yaml", 5, 3, "", "x|y")
    one = reviewed(many(1, 1), many(1, 3))
    changes = tuple(
        replace(
            c, causes=((cause,),) * len(c.fields), consequences=(Consequence("x", "high", "a"),)
        )
        for c in one.changes
    )
    text = review_markdown.render([replace(one, changes=changes)], Style())
    assert "`stack.yaml:5:3 spec.a: not set -> x|y`" in text


def test_what_is_said_in_words_is_escaped() -> None:
    old = "apiVersion: serving.kserve.io/v1alpha1\nkind: LLMInferenceService\nmetadata: {name: x}\n"
    old += "spec: {model: {uri: 'hf://a/b', name: '%s'}}\n"
    written = review_markdown.render([reviewed(old % "a", old % "<b>@all*_|")], Style())
    line = next(x for x in written.splitlines() if "get 404" in x)
    assert "&lt;b&gt;&#64;&#8203;all\\*\\_\\|" in line
