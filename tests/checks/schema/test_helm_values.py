"""Values of HelmReleases and Applications: what cannot be read, and versions that are not known."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stackgen.checks.context import Context
from stackgen.checks.schema import helm_value_invalid, helm_value_unread
from stackgen.facts.chart_values import judging
from stackgen.findings.model import Severity, Violation
from stackgen.manifest.resource import Bundle, Resource

VALUES = {"good.yaml": "a: 1\n", "bad.yaml": "a: [\n", "list.yaml": "[1]\n", "fill.yaml": "{{ a }}"}

SOURCE = {"kind": "HelmRepository", "name": "istio"}
REPOSITORY = Resource(
    {
        "apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "HelmRepository",
        "metadata": {"name": "istio", "namespace": "team"},
        "spec": {"url": "https://istio-release.storage.googleapis.com/charts"},
    },
    "all.yaml",
)  # fmt: skip


def release(chart: str, version: str, **spec: Any) -> Resource:
    wanted = {"chart": chart, "version": version, "sourceRef": SOURCE}
    spec = {"chart": {"spec": wanted}, **spec}
    data = {
        "apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
        "metadata": {"name": "one", "namespace": "team"}, "spec": spec,
    }  # fmt: skip
    return Resource(data, "all.yaml")


def holder(kind: str) -> Resource:
    metadata = {"name": "vals", "namespace": "team"}
    data = {"apiVersion": "v1", "kind": kind, "metadata": metadata, "data": VALUES}
    return Resource(data, "all.yaml")


def invalid(*objects: Resource) -> list[Violation]:
    return list(helm_value_invalid.check(Context(Bundle(objects))))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"valuesKey": "good.yaml"}, []),
        ({"valuesKey": "fill.yaml"}, []),
        ({"valuesKey": "nope.yaml", "optional": True}, []),
        ({"valuesKey": "bad.yaml", "targetPath": "a.b"}, []),
        ({"name": "elsewhere"}, []),
        (
            {"valuesKey": "bad.yaml"},
            ['data["bad.yaml"] cannot be read, line 2 of the text: not valid YAML'],
        ),
        ({"valuesKey": "list.yaml"}, ['data["list.yaml"] is a list; Helm reads an object']),
        (
            {"targetPath": "a.b"},
            ["spec.valuesFrom[0] names the key values.yaml, which ConfigMap vals does not have"],
        ),
        (
            {"kind": "Secret", "valuesKey": "nope"},
            ["spec.valuesFrom[0] names the key nope, which Secret vals does not have"],
        ),
        ({"kind": "Secret", "valuesKey": "bad.yaml"}, []),
    ],
)
def test_values_by_reference(given: dict[str, Any], told: list[str]) -> None:
    refs = [{"kind": "ConfigMap", "name": "vals", **given}]
    objects = holder("ConfigMap"), holder("Secret"), release("any", "1.0.0", valuesFrom=refs)
    found = [one.message for one in invalid(*objects)]
    assert [one.partition(": did")[0] for one in found] == told


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([1], ["spec.values is a list; Helm reads an object"]),
        ("text", ["spec.values is a scalar; Helm reads an object"]),
        ("${VALUES}", []),
        (None, []),
        ({}, []),
    ],
)
def test_values_are_an_object(values: Any, told: list[str]) -> None:
    assert [one.message for one in invalid(release("any", "1.0.0", values=values))] == told


def test_broken_values_of_an_application() -> None:
    helm = {"values": "a: [\n"}
    data = {
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "one"},
        "spec": {"source": {"chart": "any", "helm": helm}},
    }  # fmt: skip
    (found,) = invalid(Resource(data, "all.yaml"))
    assert found.message.startswith("spec.source.helm.values cannot be read, line 2")


@pytest.mark.parametrize(
    ("given", "told"),
    [({}, "not set"), ({"matchLabels": {}}, "empty"), ({"matchLabels": []}, "empty")],
)
def test_a_needed_value_is_not_set_or_empty(given: dict[str, Any], told: str) -> None:
    values = {"inferencePool": {"modelServers": given}}
    found = [one.message for one in invalid(release("inferencepool", "v1.5.0", values=values))]
    needs = f"inferencePool.modelServers.matchLabels is {told}; chart inferencepool 1.5.0 needs it"
    assert found == [needs]


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"env": ["A"]}, "env is a list; the chart has an object"),
        ({"revisionTags": "stable"}, "revisionTags is a string; the chart has a list"),
        ({"autoscaleMin": "many"}, "autoscaleMin is 'many'; the chart has a number"),
        ({"env": "", "autoscaleMin": "3", "revisionTags": "- a\n"}, ""),
    ],
)
def test_types_without_a_schema(values: dict[str, Any], told: str) -> None:
    found = invalid(REPOSITORY, release("istiod", "1.28.0", values=values))
    known = " (this version is not known; judged by 1.28.10)"
    assert [one.message for one in found] == ([told + known] if told else [])
    assert all(one.severity == Severity.WARNING for one in found)


def test_details_say_which_version_judges() -> None:
    given = (release("istiod", "1.28.0", values={}), release("own", "1.0.0", values={}))
    assert list(judging(Bundle((REPOSITORY, *given)))) == [
        "values of HelmRelease one, chart istiod 1.28.0: judged by 1.28.10",
        "values of HelmRelease one, chart own are not judged: the chart is not known",
    ]


@pytest.mark.parametrize(
    ("version", "shown", "judged"),
    [
        ("1.21.2", "1.21.2", ""),
        ("1.20.x", "1.20.x", " (this version is not known; judged by 1.21.2)"),
        ("", "1.21.2", " (no version is given; judged by 1.21.2)"),
    ],
)
def test_a_version_that_is_not_known_is_named(version: str, shown: str, judged: str) -> None:
    given = release("cert-manager", version, values={"crds": {"enable": True}, "replicaCount": 1})
    (found,) = helm_value_unread.check(Context(Bundle((given,))))
    hint = 'rejects crds.enable; did you mean "enabled"?'
    assert found.message == f"chart cert-manager {shown} {hint}{judged}"
    assert found.severity == (None if judged else Severity.ERROR)
    assert "Helm fails" in json.dumps(found.more) and "accepts" not in json.dumps(found.more)


def test_values_are_read_from_the_files_that_an_application_names() -> None:
    source = {
        "repoURL": "https://prometheus-community.github.io/helm-charts",
        "chart": "kube-prometheus-stack",
        "targetRevision": "88.5.3",
        "helm": {"valueFiles": ["$values/charts/prom.yaml", "local.yaml"]},
    }
    data = {
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
        "metadata": {"name": "prom", "namespace": "argocd"}, "spec": {"sources": [source]},
    }  # fmt: skip
    wrong: dict[str, Any] = {"kubeStateMetrics": {"resources": {}}, "grafana": {"any": 1}}
    names = ("repo/charts/prom.yaml", "other-charts/prom.yaml", "local.yaml")
    settings = tuple(Resource(wrong, name) for name in names)
    bundle = Bundle((Resource(data, "all.yaml"),), settings=settings)
    (found,) = helm_value_unread.check(Context(bundle))
    assert found.message.startswith("chart kube-prometheus-stack 88.5.3 does not read ")
    assert found.places[0].resource is settings[0]
    assert found.places[0].path == ("kubeStateMetrics", "resources")


@pytest.mark.parametrize(
    ("chart", "version", "values", "told"),
    [
        ("istiod", "1.30.3", {"pilot": {"replicacount": 2}}, ["pilot.replicacount"]),
        ("istiod", "1.30.3", {"pilot": {"replicaCount": 2}, "profile": "ambient"}, []),
        ("istiod", "1.30.3", {"replicaCount": 2, "global": {"platform": "gke"}}, []),
        ("istiod", "1.22.8", {"pilot": {"replicacount": 2}}, ["pilot.replicacount"]),
        ("istiod", "1.22.8", {"pilot": {"replicaCount": 2}}, []),
        ("istiod", "1.30.3", {"meshConfig": {"accesLogFile": "x"}}, ["meshConfig.accesLogFile"]),
        ("istiod", "1.30.3", {"meshConfig": {"later": 1, "accessLogFile": "x"}}, []),
        ("istiod", "1.30.3", {"env": {"ISTIO_DUAL_STAK": "x"}}, ["env.ISTIO_DUAL_STAK"]),
        ("istiod", "1.30.3", {"pilot": {"env": {"MY_SETTING": "x"}}}, []),
        ("cni", "1.30.3", {"cni": {"ambient": {"enabled": True}}}, []),
        ("cni", "1.30.3", {"cni": {"ambinet": {"enabled": True}}}, ["cni.ambinet"]),
        ("base", "1.30.3", {"defaultRevison": "default"}, ["defaultRevison"]),
    ],
)
def test_values_of_istio_stand_at_the_top_or_below_its_component(
    chart: str, version: str, values: dict[str, Any], told: list[str]
) -> None:
    context = Context(Bundle((REPOSITORY, release(chart, version, values=values))))
    found = [str(one.message) for one in helm_value_unread.check(context)]
    assert [message.split(" does not read ")[1].split(";")[0] for message in found] == told
