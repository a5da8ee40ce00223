"""Which objects of an input belong to one cluster."""

from __future__ import annotations

from collections.abc import Mapping

from stackgen.facts.application_sets import applications
from stackgen.manifest.environments import environments
from stackgen.manifest.resource import Bundle, Resource

ROOT = "kustomization.yaml"


def config(name: str, value: str = "", kind: str = "ConfigMap") -> dict[str, object]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, "data": {"a": value}}


def bundle(files: Mapping[str, list[dict[str, object]]]) -> Bundle:
    """A file called kustomization.yaml has the names that it lists, as `resources`."""
    return Bundle(
        tuple(
            Resource(data, file, index=file.endswith(ROOT))
            for file, objects in files.items()
            for data in objects
        )
    )


def parted(files: Mapping[str, list[dict[str, object]]]) -> list[set[str]]:
    found = environments(bundle(files))
    return sorted(({r.file for r in one.resources} for one in found), key=sorted)


def index(*names: str) -> list[dict[str, object]]:
    return [{"resources": list(names)}]


def test_roots_with_the_same_objects_are_apart_and_take_what_is_near_with_them() -> None:
    files = {
        "apps/dev/kustomization.yaml": index("app.yaml"),
        "apps/dev/app.yaml": [config("app", "1")],
        "apps/prod/kustomization.yaml": index("app.yaml"),
        "apps/prod/app.yaml": [config("app", "2")],
        "infra/dev/kustomization.yaml": index("infra.yaml"),
        "infra/dev/infra.yaml": [config("infra")],
        "infra/prod/kustomization.yaml": index("infra.yaml"),
        "infra/prod/infra.yaml": [config("infra"), config("more")],
        "shared.yaml": [config("shared")],
    }
    dev = {file for file in files if "prod" not in file}
    prod = {file for file in files if "dev" not in file}
    assert parted(files) == [dev, prod]


def test_overlays_of_one_base_have_its_objects_each() -> None:
    files = {
        "base/kustomization.yaml": index("app.yaml"),
        "base/app.yaml": [config("app")],
        "dev/kustomization.yaml": index("../base", "own.yaml"),
        "dev/own.yaml": [config("own", "1")],
        "prod/kustomization.yaml": index("../base", "own.yaml"),
        "prod/own.yaml": [config("own", "2")],
    }
    base = {file for file in files if file.startswith("base")}
    dev, prod = ({f for f in files if f.startswith(env)} for env in ("dev", "prod"))
    assert parted(files) == [base | dev, base | prod]


def test_what_is_rendered_is_a_root_of_its_own() -> None:
    files = {"dev (rendered)": [config("app")], "prod (rendered)": [config("app")]}
    assert parted(files) == [{"dev (rendered)"}, {"prod (rendered)"}]


def test_roots_that_share_a_namespace_or_one_object_of_many_are_together() -> None:
    files = {
        "a/kustomization.yaml": index("one.yaml"),
        "a/one.yaml": [config("models", kind="Namespace"), *(config(f"a{i}") for i in range(4))],
        "b/kustomization.yaml": index("two.yaml"),
        "b/two.yaml": [
            config("models", "x", kind="Namespace"),
            *(config(name) for name in ("b1", "b2", "b3", "a1")),
        ],
    }
    assert parted(files) == [set(files)]


def test_folders_without_a_kustomization_are_apart_if_their_objects_differ() -> None:
    both = {"policy.yaml": [config("policy")]}
    dev = {"dev/app.yaml": [config("app", "1")]}
    prod = {"prod/app.yaml": [config("app", "2")]}
    assert parted({**both, **dev, **prod}) == [{*both, *dev}, {*both, *prod}]
    other = {"prod/other.yaml": [config("other")]}
    assert parted({**dev, **other}) == [{*dev, *other}]


def test_many_roots_with_the_same_objects_are_judged_together() -> None:
    files: dict[str, list[dict[str, object]]] = {}
    for i in range(20):
        files[f"sample{i}/kustomization.yaml"] = index("app.yaml")
        files[f"sample{i}/app.yaml"] = [config("app", str(i))]
    assert parted(files) == [set(files)]


def test_folders_for_two_clusters_of_one_environment_may_have_one_source() -> None:
    """Flux on a management cluster and on the workload cluster reads the same repository."""
    source, other = config("llm", "main"), config("llm", "other")
    files = {
        "out/kustomization.yaml": index("app.yaml"),
        "out/app.yaml": [config("app")],
        "out/a/kustomization.yaml": index("source.yaml", "cluster.yaml"),
        "out/a/source.yaml": [source],
        "out/a/cluster.yaml": [config("cluster")],
        "out/b/kustomization.yaml": index("source.yaml", "serving.yaml"),
        "out/b/source.yaml": [source],
        "out/b/serving.yaml": [config("serving")],
    }
    assert len(parted(files)) == 1
    assert len(parted({**files, "out/b/source.yaml": [other]})) == 2
    same = {**files, "out/a/kustomization.yaml": index("source.yaml")}
    same.pop("out/a/cluster.yaml")
    assert len(parted(same)) == 2, "a folder with nothing else is a copy"


def spaced(namespace: str, *names: str, **more: object) -> list[dict[str, object]]:
    return [{"resources": list(names), "namespace": namespace, **more}]


def test_overlays_put_a_base_into_their_namespaces() -> None:
    files = {
        "base/kustomization.yaml": [{"resources": ["app.yaml"], "namespace": "inner"}],
        "base/app.yaml": [config("app"), config("all", kind="Namespace")],
        "dev/kustomization.yaml": spaced("dev", "../base"),
        "prod/kustomization.yaml": spaced("prod", "../base"),
    }
    found = environments(bundle(files), lambda _, kind: kind == "ConfigMap")
    placed = [{(r.kind, r.namespace, r.name) for r in one.objects} for one in found]
    assert placed == [
        {("ConfigMap", space, "app"), ("Namespace", "", space)} for space in ("dev", "prod")
    ]


def test_the_images_of_kustomizations_count_from_the_innermost_outwards() -> None:
    pod: dict[str, object] = {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"},
        "spec": {"containers": [{"image": "app:1"}, {"image": "reg:5000/b@sha256:0"}]},
    }  # fmt: skip
    renamed = {"name": "app", "newName": "reg/app"}
    inner: dict[str, object] = {"resources": ["pod.yaml"], "images": [renamed]}
    outer = {"name": "reg/app", "digest": "sha256:1"}
    files: dict[str, list[dict[str, object]]] = {
        "base/kustomization.yaml": [inner],
        "base/pod.yaml": [pod],
        "top/kustomization.yaml": spaced("x", "../base", images=[outer, {"name": "b"}]),
    }
    (one,) = environments(bundle(files))
    (seen,) = one.objects
    images = [c["image"] for c in seen.get("spec", "containers")]
    assert images == ["reg/app@sha256:1", "reg:5000/b@sha256:0"]
    assert pod["spec"] == {"containers": [{"image": "app:1"}, {"image": "reg:5000/b@sha256:0"}]}


def test_overlays_that_set_other_images_agree_on_the_namespace_of_their_base() -> None:
    pod: dict[str, object] = {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"},
        "spec": {"containers": [{"image": "app:1"}]},
    }  # fmt: skip
    tagged: dict[str, object] = {
        "resources": ["../base"], "images": [{"name": "app", "newTag": "2"}]
    }  # fmt: skip
    files: dict[str, list[dict[str, object]]] = {
        "base/kustomization.yaml": [{"resources": ["pod.yaml"], "namespace": "team"}],
        "base/pod.yaml": [pod],
        "prod/kustomization.yaml": [tagged],
        "staging/kustomization.yaml": [{"resources": ["../base"]}],
    }
    (one,) = environments(bundle(files), lambda _group, _kind: True)
    (seen,) = one.objects
    assert (seen.namespace, seen.get("spec", "containers", 0, "image")) == ("team", "app:1")


def test_the_applications_of_a_set_give_their_namespaces() -> None:
    one: dict[str, object] = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}
    template = {
        "source": {"repoURL": "https://git.example.com/a.git", "path": "{{ .path }}"},
        "destination": {"namespace": "{{ .name }}"},
    }
    elements = [{"name": "one", "path": "apps/a"}, {"name": "{{ .other }}", "path": "apps/b"}]
    made: dict[str, object] = {
        "apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet", "metadata": {"name": "a"},
        "spec": {
            "goTemplate": True,
            "generators": [{"list": {"elements": elements}}],
            "template": {"spec": template},
        },
    }  # fmt: skip
    every = bundle({"set.yaml": [made], "apps/a/a.yaml": [one], "apps/b/b.yaml": [one]})
    found = environments(every, lambda _, kind: kind == "ConfigMap", applications(every))
    spaces = {x.file: x.namespace for env in found for x in env.objects}
    assert spaces["apps/a/a.yaml"] == "one" and spaces["apps/b/b.yaml"] == ""


def test_paths_that_flux_delivers_to_one_cluster_are_not_apart() -> None:
    def deliver(*paths: str) -> list[dict[str, object]]:
        return [
            {
                "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
                "kind": "Kustomization",
                "metadata": {"name": path.replace("/", "-"), "namespace": "flux-system"},
                "spec": {"path": f"./{path}"},
            }
            for path in paths
        ]

    files = {
        "cluster/apps.yaml": deliver("apps"),
        "apps/web/kustomization.yaml": index("ks.yaml"),
        "apps/web/ks.yaml": deliver("apps/web/app"),
        "apps/web/app/kustomization.yaml": index("rule.yaml"),
        "apps/web/app/rule.yaml": [config("rule", "1")],
        "apps/monitor/kustomization.yaml": index("ks.yaml"),
        "apps/monitor/ks.yaml": deliver("apps/monitor/app"),
        "apps/monitor/app/kustomization.yaml": index("rule.yaml"),
        "apps/monitor/app/rule.yaml": [config("rule", "2")],
    }
    assert parted(files) == [set(files)]
    # Without the root above, they may be two clusters.
    del files["cluster/apps.yaml"]
    assert len(parted(files)) == 2


def test_a_component_is_part_of_what_has_it() -> None:
    component = [{"kind": "Component", "resources": ["secrets.yaml"]}]
    files = {
        "common/kustomization.yaml": component,
        "common/secrets.yaml": [config("secrets", kind="Secret")],
        "one/kustomization.yaml": [{"namespace": "one", "components": ["../common"]}],
        "two/kustomization.yaml": [{"namespace": "two", "components": ["../common"]}],
    }
    assert parted(files) == [set(files)]


def test_a_component_in_several_namespaces_of_one_root_has_none_of_them() -> None:
    files: dict[str, list[dict[str, object]]] = {
        "common/kustomization.yaml": [{"kind": "Component", "resources": ["repo.yaml"]}],
        "common/repo.yaml": [config("repo")],
        "kustomization.yaml": index("one", "two"),
        "one/kustomization.yaml": [
            {"namespace": "one", "resources": ["a.yaml"], "components": ["../common"]}
        ],
        "one/a.yaml": [config("a")],
        "two/kustomization.yaml": [{"namespace": "two", "components": ["../common"]}],
    }
    (found,) = environments(bundle(files), lambda _group, _kind: True)
    assert {x.file: x.namespace for x in found.objects} == {
        "common/repo.yaml": "", "one/a.yaml": "one",
    }  # fmt: skip
