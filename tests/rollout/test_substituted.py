"""Variables of Flux with a value in the input are filled in, and no others."""

from __future__ import annotations

from typing import Any

import pytest

from stackgen.manifest.resource import Bundle, Resource
from stackgen.manifest.yaml_in import parse
from stackgen.rollout.substituted import substituted

STEP = """
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {{name: {name}, namespace: flux-system}}
spec: {{path: ./{path}, postBuild: {build}}}
"""
CONFIG = """
apiVersion: v1
kind: ConfigMap
metadata: {name: vars, namespace: flux-system}
data: {A: one, NUM: "3", EMPTY: ""}
"""
USER = """
apiVersion: example.com/v1
kind: User
metadata: {{name: user{more}}}
spec: {{value: "{value}"}}
"""
VARS = "{kind: ConfigMap, name: vars}"
FROM = f"{{substituteFrom: [{VARS}], substitute: {{A: own}}}}"


def resources(text: str, file: str) -> list[Resource]:
    return [Resource(d.data, file, document=d) for d in parse(text, file)]


def value_of(value: str, *steps: str, more: str = "") -> Any:
    begin = [one for i, step in enumerate(steps) for one in resources(step, f"flux/{i}.yaml")]
    config = resources(CONFIG, "flux/vars.yaml")
    user = resources(USER.format(value=value, more=more), "app/user.yaml")
    bundle = substituted(Bundle((*begin, *config, *user)))
    (found,) = bundle.of_kind("User")
    return found.get("spec", "value")


@pytest.mark.parametrize(
    ("build", "written", "filled"),
    [
        (FROM, "x-${A}.${B}", "x-own.${B}"),
        (FROM, "${NUM}", 3),
        (FROM, "n${NUM:=4}", "n3"),
        (FROM, "$${A}", "$${A}"),
        (FROM, "${EMPTY}", "${EMPTY}"),
        ("{substitute: {A: .inf}}", "${A}", ".inf"),
        (f"{{substituteFrom: [{VARS}, {{kind: Secret, name: s}}]}}", "${A}", "${A}"),
        ("{substituteFrom: [{kind: ConfigMap, name: x}], substitute: {B: b}}", "${A}${B}", "${A}b"),
    ],
)  # fmt: skip
def test_values_of_one_step(build: str, written: str, filled: object) -> None:
    assert value_of(written, STEP.format(name="app", path="app", build=build)) == filled


def test_two_steps_need_the_same_value() -> None:
    one = STEP.format(name="a", path="app", build="{substitute: {A: x, B: same}}")
    other = STEP.format(name="b", path="app", build="{substitute: {A: y, B: same}}")
    assert value_of("${A}-${B}", one, other) == "${A}-same"


def test_an_object_may_turn_it_off() -> None:
    off = ", annotations: {kustomize.toolkit.fluxcd.io/substitute: disabled}"
    assert value_of("${A}", STEP.format(name="a", path="app", build=FROM), more=off) == "${A}"
