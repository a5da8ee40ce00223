"""Where values of charts come from."""

from __future__ import annotations

from typing import Any

from stackgen.facts.application_sets import specs
from stackgen.facts.chart_pools import chart_pools
from stackgen.facts.chart_sources import chart_values
from stackgen.machines.made import made_by
from stackgen.manifest.document import Source
from stackgen.manifest.resource import Bundle, Resource


def settings(file: str, **data: Any) -> Resource:
    return Resource(data, file)


def given(*files: Resource, script: str = "") -> list[tuple[str, str, str, dict[str, Any]]]:
    outside = made_by([Source("up/up.sh", script)]) if script else ()
    bundle = Bundle((), outside=outside, settings=files)
    return [(v.chart, v.version, v.holder.file, v.values) for v in chart_values(bundle)]


def test_a_chart_of_charts_has_values_below_the_name_or_the_alias() -> None:
    url = "https://example.com/charts"
    title = settings(
        "a/Chart.yaml",
        dependencies=[
            {"name": "istiod", "version": "1.27.0", "repository": url, "alias": "mesh"},
            {"name": "own", "version": "1.0.0", "repository": "file://../own"},
        ],
    )
    values = settings("a/values.yaml", mesh={"pilot": {}}, own={}, istiod={})
    elsewhere = settings("b/values.yaml", mesh={"pilot": {}})
    assert given(title, values, elsewhere) == [("istiod", "1.27.0", "a/values.yaml", {"pilot": {}})]


def test_helmfile_names_charts_by_their_repository() -> None:
    helmfile = settings(
        "helmfile.yaml",
        repositories=[{"name": "istio", "url": "https://example.com/charts"}],
        releases=[
            {"name": "a", "chart": "istio/istiod", "version": "1.27.0",
             "values": ["values/a.yaml", {"pilot": {"replicas": 2}}]},
            {"name": "b", "chart": "./own", "values": [{"x": 1}]},
        ],
    )  # fmt: skip
    file = settings("values/a.yaml", global_={})
    assert given(helmfile, file) == [
        ("istiod", "1.27.0", "values/a.yaml", {"global_": {}}),
        ("istiod", "1.27.0", "helmfile.yaml", {"pilot": {"replicas": 2}}),
        ("", "", "helmfile.yaml", {"x": 1}),
    ]


def test_a_release_of_helmfile_is_an_install_of_its_own() -> None:
    pool = {"inferencePool": {"modelServers": {"matchLabels": {"app": "qwen"}}}}
    chart = {"chart": "oci://example.com/inferencepool", "version": "1.2.1", "values": [pool]}
    helmfile = settings(
        "helmfile.yaml",
        releases=[{"name": n, "namespace": "llm-d", **chart} for n in ("one", "two")],
    )
    pools = chart_pools(Bundle((), settings=(helmfile,)))
    assert [(p.name, p.namespace, p.labels) for p in pools] == [
        ("one", "llm-d", {"app": "qwen"}), ("two", "llm-d", {"app": "qwen"}),
    ]  # fmt: skip


def test_files_of_a_script_are_found_from_its_folder_and_from_a_root() -> None:
    script = "helm install a repo/istiod -f own.yaml -f deploy/values/b.yaml\n"
    files = [settings(f, x=1) for f in ("up/own.yaml", "own.yaml", "top/deploy/values/b.yaml")]
    assert [file for _, _, file, _ in given(*files, script=script)] == [
        "up/own.yaml", "top/deploy/values/b.yaml", "up/up.sh",
    ]  # fmt: skip


def test_a_chart_of_the_input_is_not_one_of_a_repository() -> None:
    script = "helm install a ./charts/istiod --set x=1\n"
    assert given(script=script) == [("", "", "up/up.sh", {"x": 1})]


def test_the_switch_of_a_chart_is_no_value_of_it() -> None:
    needed = {"name": "jobset", "version": "0.12.0", "repository": "https://example.com/charts"}
    title = settings("a/Chart.yaml", dependencies=[{**needed, "condition": "jobset.install"}])
    values = settings("a/values.yaml", jobset={"install": True, "image": {}})
    assert given(title, values) == [("jobset", "0.12.0", "a/values.yaml", {"image": {}})]


def test_an_application_set_gives_the_values_of_each_of_its_applications() -> None:
    lists = [{"list": {"elements": [{"env": "dev"}, {"env": "prod"}]}},
             {"list": {"elements": [{"chart": "istiod", "extra": {"n": 2}}]}}]  # fmt: skip
    files = {"git": {"files": [{"path": "models/*/config.yaml"}]}}
    template = {
        "repoURL": "https://example.com", "chart": "{{.chart}}", "targetRevision": "1.27.0",
        "helm": {"valuesObject": {"env": "{{ .env }}", "n": "{{.extra.n}}", "f": "{{.other}}"}},
    }  # fmt: skip
    chat = settings("top/models/chat/config.yaml", chart="cni", env="x")
    made = Resource(
        {
            "apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet",
            "metadata": {"name": "all"},
            "spec": {
                "generators": [{"matrix": {"generators": lists}}, files],
                "template": {"spec": {"source": template}},
            },
        },
        "set.yaml",
    )  # fmt: skip
    bundle = Bundle((made,), settings=(chat,))
    assert [(one.chart, one.values) for one in chart_values(bundle)] == [
        ("istiod", {"env": "dev", "n": "2", "f": "{{.other}}"}),
        ("istiod", {"env": "prod", "n": "2", "f": "{{.other}}"}),
        ("cni", {"env": "x", "n": "{{.extra.n}}", "f": "{{.other}}"}),
    ]


def test_folders_of_the_input_are_parameters() -> None:
    directories = [{"path": "apps/*"}, {"path": "apps/old", "exclude": True}]
    made = Resource(
        {
            "apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet",
            "metadata": {"name": "all"},
            "spec": {
                "generators": [{"git": {"directories": directories}}],
                "template": {"spec": {"source": {"path": "{{.path.path}}"}}},
            },
        },
        "set.yaml",
    )  # fmt: skip
    files = [settings(f"top/apps/{name}/values.yaml", x=1) for name in ("new", "old", "new/in")]
    assert [spec["source"]["path"] for spec in specs(Bundle((), settings=tuple(files)), made)] == [
        "apps/new"
    ]


FLUX = {"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": {"name": "a"}}
ARGO = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "a"}}
CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"},
          "data": {"values.yaml": "x: other"}}  # fmt: skip


def test_values_of_the_object_itself_replace_those_it_names() -> None:
    """Files come before --set and the values of an Application, and valuesFrom before values."""
    file = settings("a/values.yaml", x="other")
    release = {
        **FLUX,
        "spec": {"values": {"x": 1}, "valuesFrom": [{"kind": "ConfigMap", "name": "c"}]},
    }
    helm = {"valueFiles": ["values.yaml"], "valuesObject": {"x": 1}}
    application = {**ARGO, "spec": {"source": {"path": "a", "helm": helm}}}
    chart = {"name": "a", "valuesFile": "values.yaml", "valuesInline": {"x": 1}}
    index = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization",
             "helmCharts": [chart]}  # fmt: skip
    script = made_by([Source("a/up.sh", "helm install a repo/a --set x=1 -f values.yaml\n")])
    for objects, outside in (
        ([release, CONFIG], ()), ([application], ()), ([index], ()), ([], script),
    ):  # fmt: skip
        resources = [
            Resource(one, "a/kustomization.yaml", index=one["kind"] == "Kustomization")
            for one in objects
        ]
        bundle = Bundle(resources, outside=outside, settings=[file])
        assert [v.values for v in chart_values(bundle)] == [{"x": "other"}, {"x": 1}]
