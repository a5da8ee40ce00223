"""The way of a change, in its review: what stops, what is away, and how long it takes."""

from __future__ import annotations

from stackgen.report import review_json, review_markdown, review_text
from stackgen.report.style import Style
from stackgen.review.model import Review, Side
from stackgen.review.review import review
from tests.rollout.bundles import bundle_of, step

X = "{apiVersion: v1, kind: ConfigMap, metadata: {name: x, namespace: default}}"
Y = X.replace("name: x", "name: y")
CERTIFICATE = """\
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: web, namespace: default}
spec: {secretName: web, dnsNames: [example.com], issuerRef: {name: ca}}
"""
ISSUER = """\
apiVersion: cert-manager.io/v1
kind: Issuer
metadata: {name: ca, namespace: default}
spec: {selfSigned: {}}
"""
STEPS = {
    "d/a.yaml": step("a", "./out/a", timeout="5m"), "d/b.yaml": step("b", "./out/b", "a"),
    "out/a/y.yaml": Y, "out/b/z.yaml": X.replace("name: x", "name: z"),
}  # fmt: skip


def reviewed(old: dict[str, str], new: dict[str, str]) -> Review:
    sides = [Side(name, bundle_of(files).objects) for name, files in (("old", old), ("new", new))]
    return review(*sides)


def test_a_step_that_is_never_ready_stops_the_rollout() -> None:
    more = {"out/a/c.yaml": CERTIFICATE, "out/b/i.yaml": ISSUER}
    found = reviewed(STEPS, {**STEPS, **more})
    (one,) = [c for c in found.general if c.id == "rollout-stops"]
    assert one.message == (
        "the rollout stops: Certificate default/web never becomes ready: it needs Issuer "
        "default/ca, which the step b applies, which waits for a; held back: b"
    )
    assert found.risk == "high"


def test_what_moves_to_a_later_step_is_away() -> None:
    changed = X.replace("name: x", "name: x, labels: {a: b}")
    found = reviewed({**STEPS, "out/a/x.yaml": X}, {**STEPS, "out/b/x.yaml": changed})
    (one,) = [c for c in found.general if c.id == "rollout-away"]
    assert one.message.startswith("away while the change is applied: ConfigMap default/x: removed")


def test_every_report_says_how_long_the_change_takes() -> None:
    found = reviewed(STEPS, {**STEPS, "out/b/x.yaml": X})
    said = "d: changes in 1 of 2 steps (b); the last begins 5 s after the commit"
    assert f"  {said}\n" in review_text.render([found], Style())
    assert f"Rollout of {said}.\n" in review_markdown.render([found], Style())
    assert '"seconds": 5' in review_json.render([found], Style())


def test_two_clusters_side_by_side_have_no_rollout() -> None:
    sides = [
        Side(n, bundle_of(STEPS | m).objects) for n, m in (("a", {}), ("b", {"out/a/x.yaml": X}))
    ]
    assert review(*sides, update=False).rollouts == ()
