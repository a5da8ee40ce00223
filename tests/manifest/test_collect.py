"""What `lint` reads: files, folders, pipes and standard input; and what it says it skips."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from stackgen.errors import UsageError
from stackgen.manifest import inputs
from stackgen.manifest.collect import Collected, collect, collect_text
from stackgen.manifest.resource import Resource

OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {0}}}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder `in`, seen from its parent."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def _write(folder: Path, **texts: str) -> None:
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")


def _names(collected: Collected) -> list[str]:
    return [resource.name for resource in collected.bundle.objects]


def _place(resource: Resource, *path: str | int) -> str:
    mark = resource.mark(path)
    assert mark is not None
    return f"{resource.file}:{mark.line}:{mark.column}"


def test_a_folder_is_read_in_order_of_names(folder: Path) -> None:
    (folder / "b").mkdir()
    _write(folder, z=OBJECT.format("z"), a=OBJECT.format("a1") + "---\n" + OBJECT.format("a2"))
    _write(folder / "b", m=OBJECT.format("m"))
    (folder / "c.yml").write_text(OBJECT.format("c"))
    (folder / "d.json").write_text(
        '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "d"}}'
    )
    (folder / "readme.md").write_text("# no manifest")
    collected = collect(["in"])
    assert _names(collected) == ["a1", "a2", "c", "d", "z", "m"]
    assert [r.file for r in collected.bundle.resources] == [
        "in/a.yaml", "in/a.yaml", "in/c.yml", "in/d.json", "in/z.yaml", "in/b/m.yaml",
    ]  # fmt: skip
    assert collected.notes == []
    assert not collected.unreadable


def test_what_kustomize_and_helm_read_themselves_is_no_manifest(folder: Path) -> None:
    _write(folder, kustomization="resources: [a.yaml]\n", a=OBJECT.format("a"))
    (folder / ".git").mkdir()
    _write(folder / ".git", hidden=OBJECT.format("hidden"))
    collected = collect(["in"])
    assert _names(collected) == ["a"]
    assert collected.notes == []
    named = collect(["in/kustomization.yaml"])
    assert _names(named) == []
    assert named.notes == [
        "in/kustomization.yaml: read by Kustomize: `--kustomize in` checks what it makes"
    ]


def test_the_templates_of_a_chart_are_one_remark(folder: Path) -> None:
    chart = folder / "chart"
    for below in ("templates", "crds", "charts/sub/templates"):
        (chart / below).mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: x\nversion: 1.0.0\n")
    (chart / "values.yaml").write_text("a: 1\n")
    for name in "abc":
        (chart / "templates" / f"{name}.yaml").write_text("name: {{ .Values.name }}\n")
    _write(chart / "crds", crd=OBJECT.format("crd"))
    _write(folder, plain=OBJECT.format("plain"))
    collected = collect(["in"])
    assert _names(collected) == ["plain", "crd"]
    assert collected.notes == ["in/chart: a Helm chart, rendered with its own values"]
    assert (collected.problems, collected.unreadable) == ([], False)
    chart_is = "a Helm chart: `--helm in/chart` checks what it makes"
    assert collect(["in/chart/Chart.yaml"]).notes == [f"in/chart/Chart.yaml: {chart_is}"]


def test_templates_elsewhere_are_one_problem(folder: Path) -> None:
    _write(
        folder,
        a="kind: Service\nmetadata:\n  name: {{ .Values.name }}\n",
        b="kind: Service\nmetadata:\n  name: {{ .Values.name }}-b\n",
        c="kind: Service\nmetadata:\n  name: '{{ .Release.Name }}'\n",
        d="kind: ConfigMap\nmetadata:\n  name: d\ndata:\n  a: '{{ .Values.mine }}'\n",
    )
    collected = collect(["in"])
    assert _names(collected) == ["d"]
    ((source, problem),) = collected.problems
    assert (source.name, problem.mark.line) == ("in/a.yaml", 3)
    assert problem.message == (
        "a template (`{{ }}`, `{% %}` or `%{ }`), not YAML: render it first, then check the "
        "result; 2 more files are like it"
    )
    assert collected.unreadable


def test_patches_are_no_objects_of_a_folder(folder: Path) -> None:
    patch = "kind: Deployment\nmetadata: {name: a}\nspec: {replicas: 3}\n"
    _write(
        folder,
        a=OBJECT.format("a"),
        more=patch,
        old=patch,
        settings="nameReference: []\n",
        kustomization=(
            "resources: [a.yaml]\n"
            "patches: [{path: more.yaml}, {patch: 'kind: x'}]\n"
            'patchesStrategicMerge: [./old.yaml, "kind: y\\n"]\n'
            "configurations: [settings.yaml]\n"
            "configMapGenerator: [{name: c, files: [key=below/data.json, broken]}]\n"
        ),
    )
    (folder / "below").mkdir()
    (folder / "below" / "data.json").write_text("{}")
    collected = collect(["in"])
    assert _names(collected) == ["a"]
    other = "no whole object, skipped: in/kustomization.yaml patches with it"
    data = "no whole object, skipped: in/kustomization.yaml reads it as data or settings"
    assert collected.notes == [
        f"in/more.yaml: {other}",
        f"in/old.yaml: {other}",
        f"in/settings.yaml: {data}",
        f"in/below/data.json: {data}",
    ]


def test_patches_that_no_kustomization_lists_are_no_objects(folder: Path) -> None:
    patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: 3}\n"
    _write(
        folder,
        a=OBJECT.format("a"),
        manager_patch=patch,
        gone="apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n$patch: delete\n",
        kustomization="resources: [a.yaml]\n# - path: manager_patch.yaml\n",
    )
    collected = collect(["in"])
    assert _names(collected) == ["a"]
    by_name = "a patch by its name, skipped: in/kustomization.yaml does not list it"
    assert set(collected.notes) == {
        f"in/manager_patch.yaml: {by_name}",
        "in/gone.yaml:1: not a Kubernetes object, skipped",
    }


def test_patches_in_the_files_of_a_chart_are_no_objects(folder: Path) -> None:
    (folder / "chart" / "files").mkdir(parents=True)
    (folder / "chart" / "Chart.yaml").write_text("name: chart\n")
    whole, patch = OBJECT.format("a"), "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"
    _write(folder / "chart" / "files", resources=whole, service_patch=patch)
    collected = collect(["in"])
    assert _names(collected) == ["a"]
    said = "a patch by its name, skipped: its chart merges it"
    assert f"in/chart/files/service_patch.yaml: {said}" in collected.notes


def test_settings_of_other_programs_are_not_judged(folder: Path) -> None:
    _write(folder, limits="most: .inf\n", labels="kind: [bug, docs]\n")
    collected = collect(["in"])
    assert (collected.problems, collected.unreadable) == ([], False)
    assert len(collected.notes) == 2


def test_a_broken_kustomization_hides_nothing(folder: Path) -> None:
    _write(folder, a=OBJECT.format("a"), kustomization="patches: [\n")
    assert _names(collect(["in"])) == ["a"]


def test_globs_find_what_a_folder_would(folder: Path) -> None:
    (folder / "b" / "c").mkdir(parents=True)
    _write(folder, a=OBJECT.format("a"), kustomization="resources: []\n")
    _write(folder / "b" / "c", deep=OBJECT.format("deep"))
    (folder / "b" / "notes.txt").write_text("no manifest")
    assert _names(collect(["in/*.yaml"])) == ["a"]
    assert _names(collect(["in/*"])) == ["a", "deep"]
    assert _names(collect(["in/**/*.yaml"])) == ["a", "deep"]
    assert _names(collect(["in/**"])) == ["a", "deep"]
    assert _names(collect(["in/[ab].yaml"])) == ["a"]
    with pytest.raises(UsageError, match=r"^in/\*\.jsn: no file matches$"):
        collect(["in/*.jsn"])


def test_a_name_with_brackets_is_itself_when_it_is_there(folder: Path) -> None:
    (folder / "x[1].yaml").write_text(OBJECT.format("odd"))
    assert _names(collect(["in/x[1].yaml"])) == ["odd"]


def test_json_objects_one_after_another(folder: Path) -> None:
    one = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "%s"}}'
    (folder / "s.json").write_text(f"{one % 'a'} {one % 'b'}\n\n{one % 'c'}\n")
    found = collect(["in/s.json"]).bundle.resources
    assert [_place(r, "metadata", "name") for r in found] == [
        "in/s.json:1:64", "in/s.json:1:133", "in/s.json:3:64",
    ]  # fmt: skip
    assert [r.name for r in found] == ["a", "b", "c"]


def test_what_kubectl_prints_as_json_is_a_list(folder: Path) -> None:
    item = '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}'
    (folder / "l.json").write_text(
        '{"apiVersion": "v1", "items": [' + item + '], "kind": "List", "metadata": {}}'
    )
    (folder / "none.json").write_text('{"apiVersion": "v1", "items": null, "kind": "PodList"}')
    collected = collect(["in"])
    assert _names(collected) == ["a"]
    assert collected.notes == []


def test_hidden_settings_are_no_objects_without_a_word(folder: Path) -> None:
    (folder / "in").mkdir(exist_ok=True)
    (folder / "in" / ".stackgen.yaml").write_text("fail-on: warning\n")
    (folder / "in" / ".object.yaml").write_text(OBJECT.format("a"))
    collected = collect(["in"])
    assert (_names(collected), collected.notes) == (["a"], [])


def test_what_is_no_kubernetes_object_is_said(folder: Path) -> None:
    _write(
        folder,
        a="a: 1\n---\n" + OBJECT.format("a") + "---\n- b\n---\nhello\n",
        b="# nothing\n",
        c="",
    )
    collected = collect(["in"])
    assert _names(collected) == ["a"]
    assert collected.notes == [
        "in/a.yaml:1: not a Kubernetes object, read as settings of a program",
        "in/a.yaml:6: not a Kubernetes object, skipped",
        "in/a.yaml:8: not a Kubernetes object, skipped",
        "in/b.yaml: holds nothing",
        "in/c.yaml: holds nothing",
    ]


def test_a_spec_of_stackgen_is_no_manifest(folder: Path) -> None:
    _write(folder, stack="apiVersion: stackgen.dev/v1alpha1\nkind: Stack\nspec: {}\n")
    collected = collect(["in"])
    assert _names(collected) == []
    assert collected.notes == ["in/stack.yaml:1: a spec; `stackgen build` checks it"]


def test_an_object_without_a_kind_is_left_to_the_checks(folder: Path) -> None:
    _write(
        folder,
        a="apiVersion: v1\nmetadata: {name: a}\n",
        b="kind: ConfigMap\nmetadata: {name: b}\n",
    )
    assert _names(collect(["in"])) == ["a", "b"]


def test_objects_in_lists_stand_where_they_stand(folder: Path) -> None:
    _write(folder, list=(
        "apiVersion: v1\n"
        "kind: List\n"
        "items:\n"
        "- apiVersion: v1\n"
        "  kind: ConfigMap\n"
        "  metadata: {name: a}\n"
        "- kind: List\n"
        "  apiVersion: v1\n"
        "  items:\n"
        "  - {apiVersion: v1, kind: Secret, metadata: {name: b}}\n"
        "- null\n"
        "- 3\n"
        "- a: 1\n"
    ))  # fmt: skip
    collected = collect(["in/list.yaml"])
    first, second = collected.bundle.resources
    assert _place(first, "metadata", "name") == "in/list.yaml:6:20"
    assert _place(second, "metadata", "name") == "in/list.yaml:10:53"
    assert _place(second, "missing") == "in/list.yaml:10:5"
    assert collected.notes == [
        "in/list.yaml:11: not a Kubernetes object, skipped",
        "in/list.yaml:12: not a Kubernetes object, skipped",
        "in/list.yaml:13: not a Kubernetes object, skipped",
    ]


def test_items_of_a_named_list_need_not_repeat_their_kind(folder: Path) -> None:
    _write(folder, list=(
        "apiVersion: apps/v1\n"
        "kind: DeploymentList\n"
        "items:\n"
        "- metadata: {name: a}\n"
        "- {kind: ReplicaSet, metadata: {name: b}}\n"
    ))  # fmt: skip
    found = collect(["in"]).bundle.resources
    assert [(r.api_version, r.kind, r.name) for r in found] == [
        ("apps/v1", "Deployment", "a"), ("apps/v1", "ReplicaSet", "b"),
    ]  # fmt: skip


def test_an_empty_list_holds_no_object(folder: Path) -> None:
    _write(folder, list="apiVersion: v1\nkind: List\nitems: []\n")
    assert collect(["in"]).bundle.resources == ()


def test_links_that_lead_out_are_not_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text(OBJECT.format("secret"))
    (tmp_path / "other").mkdir()
    _write(folder, a=OBJECT.format("a"))
    (folder / "inside.yaml").symlink_to("a.yaml")
    (folder / "out.yaml").symlink_to("../secret.yaml")
    (folder / "dead.yaml").symlink_to("nowhere.yaml")
    (folder / "folder").symlink_to("../other")
    (folder / "loop").symlink_to(".")
    collected = collect(["in"])
    assert _names(collected) == ["a", "a"]
    assert collected.notes == [
        "in/folder: is a link to a folder, skipped",
        "in/loop: is a link to a folder, skipped",
        "in/dead.yaml: leads nowhere",
        "in/out.yaml: leads out of in, skipped",
    ]
    assert collected.unreadable
    # Named by the user, it is what the user means.
    assert _names(collect(["in/out.yaml"])) == ["secret"]


def test_a_bad_file_does_not_hide_the_others(folder: Path) -> None:
    (folder / "binary.yaml").write_bytes(bytes(range(256)) * 10)
    (folder / "utf16.yaml").write_bytes(OBJECT.format("x").encode("utf-16"))
    _write(folder, broken="a: [1\n", good=OBJECT.format("good"))
    collected = collect(["in"])
    assert _names(collected) == ["good"]
    assert collected.notes == [
        "in/binary.yaml: is not UTF-8 text", "in/utf16.yaml: is not UTF-8 text",
    ]  # fmt: skip
    ((source, problem),) = collected.problems
    assert (source.name, problem.mark.line) == ("in/broken.yaml", 2)
    assert collected.unreadable


def test_documents_before_a_broken_one_are_read(folder: Path) -> None:
    _write(folder, a=OBJECT.format("a") + "---\nkind: [\n---\n" + OBJECT.format("b"))
    collected = collect(["in"])
    assert _names(collected) == ["a"]
    assert [p.rule for _, p in collected.problems] == ["yaml-syntax"]
    assert collected.unreadable


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_files_and_folders_are_said(folder: Path) -> None:
    _write(folder, a=OBJECT.format("a"), b=OBJECT.format("b"))
    (folder / "a.yaml").chmod(0)
    (folder / "closed").mkdir(mode=0)
    collected = collect(["in"])
    (folder / "closed").chmod(0o700)
    assert _names(collected) == ["b"]
    assert collected.notes == ["in/a.yaml: permission denied", "in/closed: permission denied"]
    assert collected.unreadable


@pytest.mark.parametrize(
    ("path", "message"),
    [("in/nothing.yaml", "in/nothing.yaml: not found"), ("in/dead", "in/dead: leads nowhere")],
)
def test_a_path_that_is_not_there_is_an_error(folder: Path, path: str, message: str) -> None:
    (folder / "dead").symlink_to("nowhere")
    with pytest.raises(UsageError, match=f"^{message}$"):
        collect([path])


def test_huge_files_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "MAX_MANIFESTS", 2**20)
    with (folder / "huge.yaml").open("wb") as stream:
        stream.truncate(2**20 + 1)
    with pytest.raises(UsageError, match=r"^in/huge.yaml: is larger than 1 MiB$"):
        collect(["in/huge.yaml"])


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = "\ufeff" + OBJECT.format("a")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw.encode("utf-8"))))
    (resource,) = collect(["-"]).bundle.resources
    assert (resource.name, resource.file) == ("a", "<stdin>")
    assert _place(resource, "kind") == "<stdin>:2:7"


def test_a_pipe_is_read_when_the_shell_hands_it_over_and_never_by_a_name(folder: Path) -> None:
    reader, writer = os.pipe()
    os.write(writer, OBJECT.format("piped").encode("utf-8"))
    os.close(writer)
    assert _names(collect([f"/dev/fd/{reader}"])) == ["piped"]
    os.close(reader)
    os.mkfifo(folder / "pipe.yaml")
    assert collect(["in"]).notes == ["in/pipe.yaml: is a pipe, not a file"]
    with pytest.raises(UsageError, match=r"^in/pipe\.yaml: is a pipe, not a file$"):
        collect(["in/pipe.yaml"])


def test_all_that_is_read_has_a_bound_together(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs, "MAX_TOTAL", 2 * 2**20)
    for name in "abc":
        (folder / f"{name}.yaml").write_text("# " + "x" * 2**20)
    with pytest.raises(UsageError, match=r"^in/b\.yaml: what was read up to here is larger than 2"):
        collect(["in"])


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: 1\ndatasources: [{name: a}]\n",
        "apiVersion: v1\nentries: {chart: [{version: 1.0.0}]}\n",
        "apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\n",
    ],
)
def test_files_in_the_form_of_an_object_are_none(tmp_path: Path, text: str) -> None:
    """Settings of Grafana, the index of a Helm repository, and a kubeconfig."""
    (tmp_path / "a.yaml").write_text(text)
    found = collect([str(tmp_path)])
    assert not found.bundle.objects and "not a Kubernetes object" in found.notes[0]


def test_a_manifest_that_a_script_completes_is_passed_over(tmp_path: Path) -> None:
    """An expansion that stands for lines leaves no YAML; the other documents are read."""
    script = (
        "kubectl apply -f - <<EOF\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\n%sEOF\n"
    )
    text = script % ("one", "$(cat labels)\ndata: {}\n") + script % ("two", "data: {}\n")
    (tmp_path / "up.sh").write_text(text)
    found = collect([str(tmp_path)])
    assert [one.name for one in found.bundle.objects] == ["two"]
    assert not found.problems and not found.unreadable
    assert "before the script fills it in" in found.notes[0]


def test_json_with_comments_is_not_of_kubernetes(folder: Path) -> None:
    (folder / "tsconfig.json").write_text('/* for tsc */\n{"extends": "./base", // more\n}\n')
    (folder / "broken.json").write_text('{"apiVersion": "v1", "kind": "Pod", \n')
    collected = collect(["in"])
    assert "in/tsconfig.json: not a Kubernetes object, skipped" in collected.notes
    assert [source.name for source, _ in collected.problems] == ["in/broken.json"]


def test_what_sops_has_encrypted_is_an_object_like_any_other(folder: Path) -> None:
    (folder / "s.yaml").write_text(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {token: 'ENC[AES256_GCM,a]'}\n"
        "sops: {mac: 'ENC[AES256_GCM,b]'}\n"
    )
    (secret,) = collect(["in/s.yaml"]).bundle.resources
    assert secret.get("stringData", "token") == "${SOPS}"
    assert secret.get("sops") is None


def test_a_template_of_helmfile_is_read_without_its_actions(tmp_path: Path) -> None:
    text = '{{- $ns := "llm-d" }}\nreleases:\n  - name: infra\n    chart: llm-d-infra\n'
    (tmp_path / "helmfile.yaml.gotmpl").write_text(text, encoding="utf-8")
    (tmp_path / "values.yaml.gotmpl").write_text("a: {{ .Values.a }}\n", encoding="utf-8")
    found = collect([str(tmp_path)])
    assert [one.data for one in found.settings] == [
        {"releases": [{"name": "infra", "chart": "llm-d-infra"}]}
    ]
    assert not found.problems


def test_an_empty_script_holds_nothing(folder: Path) -> None:
    (folder / "a.tf").write_text("")
    assert collect(["in"]).notes == [f"{os.path.join('in', 'a.tf')}: holds nothing"]


def test_workflows_of_github_are_read_as_settings_and_nothing_else_that_is_hidden(
    folder: Path,
) -> None:
    workflows = folder / ".github" / "workflows"
    workflows.mkdir(parents=True)
    _write(workflows, good="jobs: {a: {steps: []}}\n", broken="jobs: {a: [\n")
    _write(folder / ".github", other=OBJECT.format("hidden"))
    _write(folder, plain=OBJECT.format("plain"))
    collected = collect(["in"])
    assert _names(collected) == ["plain"]
    assert [one.file for one in collected.settings] == ["in/.github/workflows/good.yaml"]
    assert not collected.problems and not collected.unreadable


def test_an_encrypted_list_is_read_as_its_items() -> None:
    """SOPS notes the encryption of a list in the list, and not in its items."""
    sealed = '"ENC[AES256_GCM,data:AAAA,iv:BBBB,tag:CCCC,type:str]"'
    text = (
        "apiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: Secret\n"
        f"    metadata: {{name: keys}}\n    data: {{tls.key: {sealed}}}\n"
        f"sops: {{mac: {sealed}, version: 3.12.2}}\n"
    )
    (secret,) = collect_text(text, "list.yaml").bundle.objects
    assert "ENC[" not in str(secret.data) and "sops" not in secret.data


def test_what_a_test_expects_is_no_manifest(folder: Path) -> None:
    (folder / "__snapshot__").mkdir()
    _write(folder / "__snapshot__", made=OBJECT.format("made"))
    (folder / "default.snap.yaml").write_text(OBJECT.format("default"), encoding="utf-8")
    _write(folder, own=OBJECT.format("own"))
    collected = collect(["in"])
    assert _names(collected) == ["own"]
    assert collected.notes == ["in/default.snap.yaml: what a test expects, by its name, skipped"]
