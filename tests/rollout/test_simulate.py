from __future__ import annotations

import pytest

from stackgen.rollout.model import Rollout
from stackgen.rollout.words import said
from tests.rollout.bundles import bundle_of, of_stack, rolled, step
from tests.stacks import build_data

NAMESPACE = "{apiVersion: v1, kind: Namespace, metadata: {name: team}}"
CONFIG = "{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: team}}"
ISSUER = """\
apiVersion: cert-manager.io/v1
kind: Issuer
metadata: {name: ca, namespace: team}
spec: {ca: {secretName: ca}}
"""
CA = """\
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: ca, namespace: team}
spec: {secretName: ca, issuerRef: {name: ca}}
"""


def order(found: Rollout) -> list[tuple[str, int]]:
    return [(one.step.name, one.hop) for one in found.moments]


def test_steps_come_after_those_that_they_depend_on() -> None:
    found = rolled({
        "d/b.yaml": step("b", "./out/b", "a"), "d/a.yaml": step("a", "./out/a"),
        "out/a/n.yaml": NAMESPACE, "out/b/c.yaml": CONFIG,
    })  # fmt: skip
    assert order(found) == [("a", 0), ("b", 1)]
    assert found.blocked == ()


def test_an_object_waits_for_its_namespace() -> None:
    found = rolled({
        "d/b.yaml": step("b", "./out/b", "a"), "d/a.yaml": step("a", "./out/a"),
        "out/a/c.yaml": CONFIG, "out/b/n.yaml": NAMESPACE,
    })  # fmt: skip
    (one,) = found.blocked
    assert said(one) == (
        "ConfigMap team/c never becomes ready: it needs Namespace team, which the step b applies, "
        "which waits for a"
    )
    assert one.holds == ("b",)


def test_a_step_applies_its_own_namespace_first() -> None:
    found = rolled({
        "d/a.yaml": step("a", "./out/a"), "out/a/c.yaml": CONFIG, "out/a/n.yaml": NAMESPACE,
    })  # fmt: skip
    assert found.blocked == ()


def test_objects_that_need_each_other_are_never_ready() -> None:
    found = rolled({"d/a.yaml": step("a", "./out/a"), "out/a/i.yaml": ISSUER, "out/a/c.yaml": CA})
    assert [one.key.kind for one in found.blocked] == ["Issuer"]


@pytest.mark.parametrize("after", ["b", "c"])
def test_steps_that_depend_on_each_other_never_begin(after: str) -> None:
    found = rolled({
        "d/a.yaml": step("a", "./out/a", after), "d/b.yaml": step("b", "./out/b", "a"),
        "out/a/n.yaml": NAMESPACE, "out/b/n.yaml": NAMESPACE,
    })  # fmt: skip
    (one,) = found.blocked
    assert one.cause.need.rule == "rollout-order"
    assert one.cause.need.text == (
        "itself: a -> b -> a" if after == "b" else "the step c, which does not exist"
    )


def test_what_waits_for_a_circle_is_no_further_cause() -> None:
    found = rolled({
        "d/app.yaml": step("app", "./out/app", "b"), "d/a.yaml": step("a", "./out/a", "b"),
        "d/b.yaml": step("b", "./out/b", "a"),
        "out/a/n.yaml": NAMESPACE, "out/app/c.yaml": CONFIG, "out/b/c.yaml": ISSUER,
    })  # fmt: skip
    assert [one.cause.need.text for one in found.blocked] == ["itself: b -> a -> b"]


def test_nothing_changes_from_a_render_to_itself() -> None:
    files = {"d/a.yaml": step("a", "./out/a"), "out/a/n.yaml": NAMESPACE}
    found = rolled(files, files)
    assert not found.first
    assert found.seconds == 0
    assert [change for one in found.moments for _, change in one.changes] == ["unchanged"]


def test_the_reference_stack_reaches_its_end_from_nothing() -> None:
    found = of_stack()
    assert found.first
    assert [said(one) for one in found.blocked] == []
    assert len(found.moments) == len({one.step.name for one in found.moments})


def test_a_bundle_without_delivery_has_no_rollout() -> None:
    from stackgen.catalog.load import Catalog
    from stackgen.rollout.rollout import known_of, rollouts

    assert rollouts(known_of(bundle_of({"n.yaml": NAMESPACE}), None, Catalog())) == []
    assert build_data("prod").bundle is not None
