"""Where an input uses what differs."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.manifest.resource import Resource
from stackgen.manifest.yaml_in import parse
from stackgen.releases.model import Change, Uses, listed
from stackgen.releases.uses import index

MANIFESTS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    spec:
      containers:
      - name: app
        image: ghcr.io/acme/picker:v0.9.0
        args: [--old-flag=1, --port=8000]
        env: [{name: OLD_VARIABLE, value: "1"}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: rules, namespace: shop}
data:
  rules.yaml: |
    expr: rate(app:old_metric_total[5m]) > 0
    headerName: x
"""


def change(uses: Uses) -> Change:
    return Change("id", "notes", "breaks", "what", "", uses, "source", "2026-11-29")


def found(uses: Uses) -> tuple[list[str], str]:
    words = index(
        Resource(document.data, "all.yaml", document=document)
        for document in parse(MANIFESTS, "all.yaml")
    )
    places = words.uses(change(uses))
    shown = [".".join(map(str, (use.resource.name, *use.path))) for use in places]
    return shown, words.concern(change(uses), places)


ENV = ("spec", "template", "spec", "containers", "*", "env")
ARGS = "web.spec.template.spec.containers.0"


@pytest.mark.parametrize(
    ("uses", "place"),
    [
        (Uses(words=("--old-flag",)), f"{ARGS}.args.0"),
        (Uses(words=("old-flag",)), f"{ARGS}.args.0"),
        (Uses(words=("OLD_VARIABLE",)), f"{ARGS}.env.0.name"),
        (Uses(words=("picker",)), f"{ARGS}.image"),
        (Uses(words=("app:old_metric_total",)), "rules.data.rules.yaml"),
        (Uses(words=("app:old_*",)), "rules.data.rules.yaml"),
        (Uses(words=("headerName",), beside=("expr",)), "rules.data.rules.yaml"),
        (Uses(kinds=("apps/Deployment",)), "web"),
        (Uses(kinds=("core/v1/ConfigMap",)), "rules"),
        (Uses(kinds=("apps/v1/Deployment",), paths=(ENV,)), f"{ARGS}.env"),
    ],
)  # fmt: skip
def test_it_is_found_where_it_is(uses: Uses, place: str) -> None:
    assert found(uses) == ([place], "yes")


@pytest.mark.parametrize(
    "uses",
    [
        Uses(words=("old",)),
        Uses(words=("old_metric",)),
        Uses(words=("headerName",), beside=("OLD_VARIABLE",)),
        Uses(words=("headerName",), kinds=("apps/Deployment",)),
        Uses(kinds=("apps/v1beta1/Deployment",)),
        Uses(kinds=("apps/Deployment",), paths=(("spec", "replicas"),)),
    ],
)
def test_it_is_not_found_elsewhere(uses: Uses) -> None:
    assert found(uses) == ([], "no")


def test_what_manifests_cannot_show_is_unknown() -> None:
    assert found(Uses()) == ([], "unknown")
    assert found(Uses(everywhere=True)) == ([], "yes")


CONFIG = """\
kind: EndpointPickerConfig
plugins:
- {type: scorer, parameters: {blocks: 1, size: 2}}
- {type: other}
saturationDetector: {port: 1}
"""
HOLDERS = (
    {"kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"c.yaml": CONFIG}},
    {"kind": "Pod", "metadata": {"name": "a"}, "args": [f"--config-text={CONFIG}"], "port": 1},
    {"kind": "Service", "metadata": {"name": "a"}, "config": parse(CONFIG, "")[0].data, "port": 1},
)


@pytest.mark.parametrize(
    ("holder", "place"), list(zip(HOLDERS, (("data", "c.yaml"), ("args", 0), None), strict=True))
)
def test_settings_count_in_a_configuration_alone(holder: dict[str, Any], place: Any) -> None:
    words = index([Resource(holder, "all.yaml")])
    inline = ("config", "plugins", 0, "parameters", "size")
    gone = ("scorer.port", "scorer.size", "other.blocks")
    one = Change(
        "id", "picker", "breaks", f"has no {listed(gone)}", "", Uses(settings=gone), "", "", gone
    )
    (use,) = words.uses(one)
    assert use.path == (place or inline)
    assert words.narrowed(one).what == "has no scorer.size"
    for setting in ("plugins.type=other", "saturationDetector.port"):
        assert words.uses(change(Uses(settings=(setting,))))
    for setting in ("port", "scorer.port", "plugins.type=size"):
        unused = change(Uses(settings=(setting,)))
        assert not words.uses(unused)
        assert words.concern(unused, ()) == "no"
        assert words.narrowed(unused) is unused
