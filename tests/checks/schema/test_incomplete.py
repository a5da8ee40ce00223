"""Values that are filled in later, bases of Kustomize, and kinds without a schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from stackgen.cli.lint import lint

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: a, namespace: team}
spec:
  selector: {matchLabels: {app: a}}
  template:
    metadata: {labels: {app: a}}
    spec: {containers: [{name: a}]}
"""


def found(folder: Path, **files: str) -> list[tuple[str, str, str]]:
    """Rule, severity and message of what the schemas find in a folder of these files."""
    return reported("schema", folder, **files)


def reported(rules: str, folder: Path, **files: str) -> list[tuple[str, str, str]]:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".yaml").write_text(text, encoding="utf-8")
    arguments = [str(folder), "--select", rules, "--output-format", "json"]
    result = CliRunner().invoke(lint, arguments, standalone_mode=False)
    report = json.loads(result.stdout)
    return [(f["rule"], f["severity"], f["message"]) for f in report["findings"]]


def test_a_placeholder_is_a_warning(tmp_path: Path) -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: <NAME>, namespace: MY_TEAM}\n"
    assert [(rule, level) for rule, level, _ in found(tmp_path, a=text)] == [
        ("schema-placeholder", "warning"), ("schema-placeholder", "warning")
    ]  # fmt: skip


STEP = (
    "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
    "metadata: {name: a, namespace: flux-system}\nspec:\n  interval: 10m\n  prune: true\n"
    "  path: ./apps\n  sourceRef: {kind: GitRepository, name: a}\n"
    "  postBuild: {substitute: {shard: '3'}}\n"
)


def test_flux_drops_labels_of_which_one_is_no_string(tmp_path: Path) -> None:
    step = STEP
    text = (
        "apiVersion: v1\nkind: ConfigMap\n"
        "metadata: {name: a, namespace: team, labels: {shard: '${shard}'}}\n"
    )
    (wrong,) = found(tmp_path, step=step, apps__a=text)
    dropped = "; Flux drops all labels of the object"
    assert wrong[:2] == ("schema-wrong-type", "warning") and wrong[2].endswith(dropped)
    text = text.replace("'${shard}'", "3")
    both = found(tmp_path, apps__a=text, other__a=text)
    assert [one[1] for one in both] == ["error", "warning"]


def test_a_placeholder_in_a_list_is_said_with_the_field(tmp_path: Path) -> None:
    text = (
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\n"
        "metadata: {name: chat, namespace: team}\nspec: {hostnames: ['chat.${zone}']}\n"
    )
    messages = [message for _, _, message in found(tmp_path, a=text)]
    assert "${zone} is substituted later; hostnames[0] is not checked" in messages


@pytest.mark.parametrize("name", ["team$i", "a$A$B", "x$(...)", "team$TEAM"])
def test_a_variable_after_a_letter_is_no_value(tmp_path: Path, name: str) -> None:
    text = f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n"
    assert [rule for rule, _, _ in found(tmp_path, a=text)] == ["schema-placeholder"]


def test_flux_substitutes_the_name_of_a_namespace(tmp_path: Path) -> None:
    step = STEP.replace("{shard: '3'}", "{TEAM: chat}")
    space = "apiVersion: v1\nkind: Namespace\nmetadata: {name: '${TEAM}'}\n"
    account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a, namespace: '${TEAM}'}\n"
    rule = "namespace-not-created"
    assert len(reported(rule, tmp_path, step=step, apps__a=account)) == 1
    assert reported(rule, tmp_path, apps__s=space) == []


def test_what_a_base_leaves_out_and_an_overlay_may_add_is_an_info(tmp_path: Path) -> None:
    base = {"base__a": DEPLOYMENT, "base__kustomization": "resources: [a.yaml]\n"}
    image = "[{op: add, path: /spec/template/spec/containers/0/image, value: a:1.0}]"
    patch = f"patches: [{{target: {{kind: Deployment}}, patch: '{image}'}}]\n"
    for more, severity in (("", "error"), (patch, "info"), ("replacements: [{path: a}]\n", "info")):
        over = {"over__kustomization": f"resources: [../base]\n{more}"}
        (missing,) = found(tmp_path, **base, **over)
        assert missing[:2] == ("schema-missing-field", severity)


def test_without_an_overlay_it_is_an_error(tmp_path: Path) -> None:
    (missing,) = found(tmp_path, a=DEPLOYMENT)
    assert missing[:2] == ("schema-missing-field", "error")


def test_a_kind_that_is_not_known_is_one_fact(tmp_path: Path) -> None:
    text = "apiVersion: example.com/v1\nkind: Robot\nmetadata: {name: NAME, namespace: team}\n"
    files = {name: text.replace("NAME", name) for name in ("a", "b", "c")}
    message = "no schema is known for Robot of example.com/v1; 2 more objects of this kind"
    assert found(tmp_path, **files) == [("schema-unknown-kind", "info", message)]


def test_fields_that_a_kustomization_of_flux_gives_to_all_it_applies(tmp_path: Path) -> None:
    head = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n"
    spec = "{sourceRef: {kind: GitRepository, name: a}, path: ./a, prune: true"
    for kind, severity in (("Kustomization", "info"), ("HelmRelease", "error")):
        patch = f"patches: [{{patch: 'spec: {{interval: 1h}}', target: {{kind: {kind}}}}}]"
        folder = tmp_path / kind
        folder.mkdir()
        said = found(
            folder,
            parent=f"{head}metadata: {{name: p, namespace: f}}\n"
            f"spec: {spec}, interval: 1h, {patch}}}\n",
            child=f"{head}metadata: {{name: c, namespace: f}}\nspec: {spec}}}\n",
        )
        assert [(rule, level) for rule, level, _ in said] == [("schema-missing-field", severity)]


def test_labels_of_a_kustomization_that_do_not_reach_the_pods_are_an_error(tmp_path: Path) -> None:
    index = "resources: [a.yaml]\nlabels: [{pairs: {app: a}}]\n"
    wrong = DEPLOYMENT.replace("labels: {app: a}", "labels: {app: b}")
    wrong = wrong.replace("name: a}]", "name: a, image: acme/a:1.2}]")
    first = [level for rule, level, _ in found(tmp_path, kustomization=index, a=wrong)]
    inside = index.replace("{pairs", "{includeTemplates: true, pairs")
    assert first == ["error"]
    assert found(tmp_path, kustomization=inside) == []


def test_a_policy_refuses_what_all_overlays_make_of_an_object(tmp_path: Path) -> None:
    files = {
        "policies": """apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: {name: owners}
spec:
  rules:
  - name: has-owner
    match: {any: [{resources: {kinds: [Service]}}]}
    validate: {failureAction: Enforce, pattern: {metadata: {labels: {owner: "?*"}}}}
  - name: priority
    match: {any: [{resources: {kinds: [Pod]}}]}
    mutate: {patchStrategicMerge: {spec: {priorityClassName: models}}}
""",
        "base__a": "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"
        "spec: {selector: {app: a}, ports: [{port: 80}]}\n",
        "base__kustomization": "namespace: team\nresources: [a.yaml]\n",
        "over__kustomization": "resources: [../base]\n",
    }
    message = "rule has-owner of ClusterPolicy owners refuses Service a"
    assert ("admission-policy-refuses", "error", message) in found(tmp_path, **files)
    files["over__kustomization"] += "labels: [{pairs: {owner: search}}]\n"
    assert not [one for one in found(tmp_path, **files) if one[0] == "admission-policy-refuses"]


SERVER = (
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: chat}\nspec:\n"
    "  selector: {matchLabels: {app: server}}\n"
    "  template: {metadata: {labels: {app: chat}}, spec: {containers: [{name: a, image: b:1}]}}\n"
)


@pytest.mark.parametrize(("more", "errors"), [("", 1), ("commonLabels: {app: chat}\n", 0)])
def test_a_selector_of_a_base_that_no_overlay_changes(
    tmp_path: Path, more: str, errors: int
) -> None:
    """A patch of another object does not hide it; a label that Kustomize sets does."""
    base = "resources: [server.yaml]\n" + more
    overlay = "resources: [../base]\npatches: [{target: {kind: Service}, patch: '[]'}]\n"
    files = {"base__kustomization": base, "base__server": SERVER, "prod__kustomization": overlay}
    said = [level for rule, level, _ in found(tmp_path, **files) if rule == "schema-native"]
    assert said.count("error") == errors
