"""Files that are named and not there, as `stackgen lint` finds them."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackgen.checks.gitops.missing_files import findings
from stackgen.manifest.collect import collect

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
APPLICATION = """
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: {name}, namespace: argocd}}
spec:
  project: default
  destination: {{server: https://kubernetes.default.svc}}
  source: {{repoURL: https://git.example.com/stack.git, path: {path}, targetRevision: main}}
"""


def said(folder: Path, **files: str) -> list[tuple[str, str]]:
    """Severity and message of each finding, for files by name: `_` is a dot, `__` a slash."""
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    collected = collect([str(folder)])
    found = findings(collected.bundle, collected.scripts, [str(folder)])
    return [
        ((f.severity or f.rule.severity).name, f.message.replace(str(folder), "TOP")) for f in found
    ]


def test_what_a_kustomization_names_has_to_be_there(tmp_path: Path) -> None:
    index = (
        "resources: [a.yaml, b.yaml, https://example.com/c.yaml, github.com/o/r//x?ref=v1, base]\n"
        "patches: [{path: fix.yaml}, {patch: 'a: 1'}]\n"
        "configMapGenerator: [{name: c, files: [key=conf.json], literals: [a=b]}]\n"
        "secretGenerator: [{name: s, envs: [.env]}]\n"
    )
    base = {"base__kustomization_yaml": "resources: [../a.yaml]\n"}
    assert said(tmp_path, kustomization_yaml=index, a_yaml=CONFIG, **base) == [
        ("ERROR", "there is no TOP/b.yaml"),
        ("ERROR", "there is no TOP/fix.yaml"),
        ("ERROR", "there is no TOP/conf.json"),
        ("WARNING", "there is no TOP/.env"),
    ]


def test_what_a_script_makes_need_not_be_there(tmp_path: Path) -> None:
    index, script = "resources: [all.yaml, gotk-sync.yaml]\n", "cat <&0 > all.yaml\n"
    assert said(tmp_path, kustomization_yaml=index, build_sh=script) == []


@pytest.mark.parametrize(
    ("script", "missing"),
    [
        ("kubectl apply -f there.yaml", []),
        ("kubectl apply -n a -f sub/gone.yaml", ["sub/gone.yaml"]),
        ("kubectl apply -k overlays/prod", ["overlays/prod"]),
        ("cd sub && kubectl apply -f inner.yaml", []),
        ("kubectl apply -f - <<EOF\nEOF", []),
        ('kubectl apply -f "$FILE"', []),
        ("kubectl apply -f https://example.com/a.yaml", []),
        ("sed s/a/b/ x > out.yaml\nkubectl apply -f out.yaml", []),
        ("git clone https://example.com/r\nkubectl apply -f r/a.yaml", []),
        ("kubectl apply -f hf-secret.yaml", []),
        ("kubectl apply -f made.yaml", []),
        ("kubectl delete -f gone.yaml", []),
        ("kubectl -n a apply --filename=gone.yaml", ["gone.yaml"]),
        ("helm upgrade --install a r/a -n b -f there.yaml --values=gone.yaml", ["gone.yaml"]),
        ("[ -f own.yaml ] && helm upgrade a r/a -f own.yaml", []),
        ("helm pull r/a --untar && helm install a ./a -f a/small.yaml", []),
    ],
)
def test_files_that_a_script_applies(tmp_path: Path, script: str, missing: list[str]) -> None:
    """They are sought beside the script, above it, and where it goes."""
    files = {"there_yaml": CONFIG, "sub__inner_yaml": CONFIG, "made_yaml_template": "x"}
    found = said(tmp_path, scripts__up_sh=f"{script}\n", **files)
    assert found == [("WARNING", f"there is no {name}") for name in missing]


def test_a_delivery_of_a_folder_that_the_repository_does_not_have(tmp_path: Path) -> None:
    paths = ("apps/one", "apps/two", "apps/tree")
    files = {f"app{i}_yaml": APPLICATION.format(name=f"a{i}", path=p) for i, p in enumerate(paths)}
    there = {"apps__one__a_yaml": CONFIG}
    assert said(tmp_path, **files, **there) == []  # it may be another repository
    assert said(tmp_path, apps__two__a_yaml=CONFIG) == [("WARNING", "TOP has no folder apps/tree")]


def test_the_folder_of_a_generator_that_the_repository_does_not_have(tmp_path: Path) -> None:
    group = (
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\n"
        "metadata: {name: models, namespace: argocd}\n"
        "spec: {generators: [{matrix: {generators: [{clusters: {}}, {git: {repoURL: "
        "'https://git.example.com/stack.git', revision: main, directories: [{path: model/*}, "
        "{path: old/*, exclude: true}, {path: '*'}, {path: apps/*}]}}]}}], template: {}}\n"
    )
    files = {"app_yaml": APPLICATION.format(name="a", path="apps/one"), "set_yaml": group}
    there = {"apps__one__a_yaml": CONFIG}
    assert said(tmp_path, **files, **there) == [("WARNING", "TOP has no folder model")]


def test_modules_of_terraform_have_to_be_there(tmp_path: Path) -> None:
    text = "".join(
        f'module "m{i}" {{\n  source = "{source}"\n}}\n'
        for i, source in enumerate(("./there", "../gone", "./gone", "./${var.x}", "org/mod/google"))
    )
    found = said(tmp_path, top__main_tf=text, top__there__a_tf="", other_yaml=CONFIG)
    assert found == [
        ("ERROR", "there is no module TOP/gone"),
        ("ERROR", "there is no module TOP/top/gone"),
    ]


def test_values_files_of_the_repository_have_to_be_there(tmp_path: Path) -> None:
    source = (
        "source: {{repoURL: https://git.example.com/stack.git, path: {path}, targetRevision: main}}"
    )
    sources = """sources:
    - {{repoURL: https://charts.example.com, chart: a, targetRevision: 1.0.0,
       helm: {{valueFiles: [$own/a.yaml, $own/values/a.yaml, $far/b.yaml]}}}}
    - {{repoURL: https://git.example.com/stack.git, targetRevision: main, ref: own}}
    - {{repoURL: https://git.example.com/other.git, targetRevision: main, ref: far}}"""
    assert source in APPLICATION
    application = APPLICATION.replace(source, sources).format(name="a")
    files = {"values__a_yaml": "a: 1\n", "app_yaml": application}
    assert said(tmp_path, **files) == [("WARNING", "TOP has no file a.yaml")]


def test_the_chart_of_a_release_may_be_a_folder_of_the_repository(tmp_path: Path) -> None:
    release = (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n"
        "metadata: {name: chat, namespace: models}\nspec:\n  interval: 10m\n"
        "  chart: {spec: {chart: ./charts/chat-servr,"
        " sourceRef: {kind: GitRepository, name: all}}}\n"
    )
    chart = "apiVersion: v2\nname: chat-server\nversion: 1.0.0\n"
    files = {"release_yaml": release, "charts__chat-server__Chart_yaml": chart}
    assert said(tmp_path, **files) == [
        ("WARNING", 'TOP has no folder ./charts/chat-servr; did you mean "chat-server"?')
    ]
    other = release.replace("chat-servr", "something-else")
    assert said(tmp_path, **{**files, "release_yaml": other}) == []


def test_a_makefile_applies_files(tmp_path: Path) -> None:
    text = (
        "DIR = apps\ndeploy:\n\t@kubectl apply -f $(DIR)/chat.yaml\n"
        "\tkubectl apply -f apps/a.yaml\n"
    )
    found = said(tmp_path, Makefile=text, apps__a_yaml=CONFIG)
    assert [message for _, message in found] == ["there is no apps/chat.yaml"]
