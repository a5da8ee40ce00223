"""Objects belong together by identity; what is alike under another name was renamed."""

from __future__ import annotations

import random

from stackgen.review.match import match
from stackgen.review.model import Side
from tests.review.given import resources, reviewed, side

DATA = '{a: "1", b: "2", c: "3", d: "4"}'
OBJECTS = """\
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80, name: http}, {port: 443, name: https}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: web, namespace: shop}
data: {a: "1", b: "2", c: "3", d: "4"}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: web, namespace: shop}
"""


def kinds(old: str, new: str) -> list[tuple[str, str]]:
    return [(c.action, c.resource.kind) for c in reviewed(old, new).changes]


def test_the_same_is_no_change() -> None:
    assert kinds(OBJECTS, OBJECTS) == []


def test_the_order_of_documents_is_no_change() -> None:
    documents = OBJECTS.split("---\n")
    random.Random(1).shuffle(documents)
    assert kinds(OBJECTS, "---\n".join(documents)) == []


def test_comments_and_style_are_no_change() -> None:
    styled = OBJECTS.replace(
        '{a: "1", b: "2", c: "3", d: "4"}', "# why\n  {d: '4', c: '3', b: '2', a: '1'}"
    )
    assert styled != OBJECTS
    assert kinds(OBJECTS, styled) == []


def test_another_version_of_the_api_is_the_same_object() -> None:
    old = "apiVersion: a.dev/v1alpha1\nkind: K\nmetadata: {name: x}\n"
    (change,) = reviewed(old, old.replace("v1alpha1", "v1")).changes
    assert [f.name for f in change.fields] == ["apiVersion"]


def test_no_namespace_is_the_default_one() -> None:
    old = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: b}\n"
    assert kinds(old, old.replace("name: x", "name: x, namespace: default")) == [
        ("changed", "ConfigMap")
    ]


def test_what_is_alike_under_another_name_was_renamed() -> None:
    new = OBJECTS.replace("name: web,", "name: site,", 2)
    changes = reviewed(OBJECTS, new).changes
    assert [(c.action, c.resource.kind) for c in changes] == [
        ("renamed", "Service"), ("renamed", "ConfigMap"),
    ]  # fmt: skip
    assert [f.name for f in changes[0].fields] == ["metadata.name"]


def test_what_says_little_is_not_taken_for_renamed() -> None:
    new = OBJECTS.replace(
        "kind: ServiceAccount\nmetadata: {name: web", "kind: ServiceAccount\nmetadata: {name: zebra"
    )
    assert kinds(OBJECTS, new) == [("added", "ServiceAccount"), ("removed", "ServiceAccount")]


def test_what_differs_is_another_object() -> None:
    lead = "namespace: shop}\ndata: "
    new = OBJECTS.replace(f"name: web, {lead}{DATA}", f'name: site, {lead}{{q: "9"}}')
    assert new != OBJECTS
    assert kinds(OBJECTS, new) == [("added", "ConfigMap"), ("removed", "ConfigMap")]


def test_of_objects_that_stand_twice_those_in_one_file_belong_together() -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: %s}\n"
    old = (*resources(text % "dev", "old/dev/x.yaml"), *resources(text % "prod", "old/prod/x.yaml"))
    new = (*resources(text % "prod", "new/prod/x.yaml"), *resources(text % "dev", "new/dev/x.yaml"))
    pairs = match(Side("old", old, "old"), Side("new", new, "new"))
    assert all(p.old is not None and p.new is not None and p.old.data == p.new.data for p in pairs)


def test_objects_without_a_name_are_those_in_their_file() -> None:
    text = "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: x-}\nspec: {suspend: %s}\n"
    old = Side("old", resources(text % "true", "old/x.yaml"), "old")
    new = Side("new", resources(text % "false", "new/x.yaml"), "new")
    (pair,) = match(old, new)
    assert pair.old is not None and pair.new is not None


def test_many_objects_of_one_kind_are_renamed_when_they_are_equal() -> None:
    one = (
        "apiVersion: v1\nkind: Service\nmetadata: {name: %s%d}\n"
        "spec: {selector: {a: w%d}, ports: [{port: 1}, {port: 2}, {port: 3}]}\n"
    )
    old = side("---\n".join(one % ("a", i, i) for i in range(150)))
    new = side("---\n".join(one % ("b", i, i) for i in range(150)))
    pairs = match(old, new)
    assert len(pairs) == 150
    assert all(p.renamed and p.old is not None and p.new is not None for p in pairs)
    assert all(p.old.name[1:] == p.new.name[1:] for p in pairs if p.old and p.new)
