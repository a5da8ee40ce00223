"""Charts in folders of the input are rendered without helm, as they are delivered."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackgen.cli.deliverers import deliverers
from stackgen.manifest.collect import Collected, collect
from tests.manifest.gotemplate.samples import chart
from tests.program import stackgen

SERVER = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-server
  labels: {app: server}
spec:
  replicas: {{ .Values.replicas | quote }}
  selector: {matchLabels: {app: server}}
  template:
    metadata: {labels: {app: server}}
    spec:
      containers:
      - name: server
        image: "registry.example.com/server:{{ .Values.tag }}"
"""
SECRET = """\
apiVersion: v1
kind: Secret
metadata: {name: login}
stringData:
  password: {{ .Values.password | default (randAlphaNum 20) | quote }}
  user: {{ .Values.user | quote }}
"""
TESTED = """\
apiVersion: v1
kind: Pod
metadata: {name: try, annotations: {helm.sh/hook: test}}
spec: {containers: [{name: try, image: busybox}]}
"""
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: NAME, namespace: argocd}
spec:
  project: default
  destination: {namespace: NAME, server: https://kubernetes.default.svc}
  source:
    repoURL: https://git.example.com/team/models.git
    path: charts/server
    helm:
      valueFiles: [values-NAME.yaml]
      parameters: [{name: tag, value: "1.2"}]
      valuesObject: {user: team}
"""


SET = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: servers, namespace: argocd}
spec:
  generators:
  - list: {elements: [{env: dev}]}
  template:
    metadata: {name: 'of-{{env}}'}
    spec:
      project: default
      destination: {namespace: 'ns-{{env}}', server: https://kubernetes.default.svc}
      source:
        repoURL: https://git.example.com/team/models.git
        path: charts/server
        helm: {valueFiles: ['../../env/{{env}}.yaml']}
"""
HELMFILE = """\
releases:
- name: of-dev
  namespace: ns-dev
  chart: ./charts/server
  values: [env/dev.yaml, {tag: "4"}]
"""
RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: of-dev, namespace: ns-dev}
spec:
  interval: 5m
  chart:
    spec: {chart: ./charts/server, sourceRef: {kind: GitRepository, name: models}}
  valuesFrom: [{kind: ConfigMap, name: own}]
"""
GENERATED = """\
resources: [release.yaml]
configMapGenerator:
- name: own
  namespace: ns-dev
  files: [values.yaml=dev.yaml]
"""
SCRIPT = """\
#!/bin/bash
HERE="$(cd "$(dirname "$0")" && pwd)"
helm upgrade --install of-dev "$HERE/../charts/server" -n ns-dev -f "$HERE/../env/dev.yaml" --wait
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    chart(
        tmp_path / "charts" / "server",
        "replicas: 1\ntag: ''\nuser: ''\n",
        templates__server=SERVER,
        templates__secret=SECRET,
        templates__tests__try=TESTED,
    )
    return tmp_path


def names(collected: Collected) -> list[tuple[str, str]]:
    return [(one.name, one.written.space) for one in collected.bundle.objects if one.written]


def test_a_chart_that_nothing_delivers_has_its_own_values(repository: Path) -> None:
    """And a namespace of its own. What `helm test` runs is left out."""
    collected = collect(["."])
    assert names(collected) == [("login", "server"), ("server-server", "server")]
    assert collected.notes == ["charts/server: a Helm chart, rendered with its own values"]
    secret = collected.bundle.objects[0]
    assert secret.get("stringData") == {"password": "<drawn by helm>", "user": ""}
    assert secret.written is not None
    assert secret.written.is_unset(("stringData", "user"))
    assert not secret.written.is_unset(("metadata", "name"))


def test_a_chart_is_rendered_as_it_is_delivered(repository: Path) -> None:
    for name in ("dev", "prod"):
        (repository / f"{name}.yaml").write_text(APPLICATION.replace("NAME", name))
        values = f"replicas: {len(name)}\npassword: of-{name}\n"
        (repository / "charts" / "server" / f"values-{name}.yaml").write_text(values)
    collected = collect(["."])
    made = [one for one in collected.bundle.objects if one.written]
    assert [(one.name, one.file, one.written.space) for one in made if one.written] == [
        (name, f"charts/server for Application {space} (rendered)", space)
        for space in ("dev", "prod")
        for name in ("login", f"{space}-server")
    ]
    assert made[1].get("spec", "template", "spec", "containers", 0, "image").endswith("server:1.2")
    assert made[0].get("stringData", "user") == "team"
    assert [one.written.unset for one in made if one.written] == [(), (), (), ()]


@pytest.mark.parametrize(
    ("files", "by"),
    [
        ({"set.yaml": SET}, "Application of-dev"),
        ({"helmfile.yaml": HELMFILE}, "release of-dev"),
        ({"scripts/install.sh": SCRIPT}, "release of-dev"),
        ({"env/release.yaml": RELEASE, "env/kustomization.yaml": GENERATED}, "HelmRelease of-dev"),
    ],
    ids=("set", "helmfile", "script", "flux"),
)
def test_a_chart_is_rendered_for_whatever_delivers_it(
    repository: Path, files: dict[str, str], by: str
) -> None:
    for name, text in {"env/dev.yaml": "replicas: 3\n", **files}.items():
        (repository / name).parent.mkdir(exist_ok=True)
        (repository / name).write_text(text)
    collected = collect(["."], deliverers=deliverers)
    assert names(collected)[-2:] == [("login", "ns-dev"), ("of-dev-server", "ns-dev")]
    assert collected.bundle.objects[-1].get("spec", "replicas") == "3"
    assert f"charts/server: a Helm chart, rendered with the values of {by}" in collected.notes


def test_a_chart_may_make_the_deliveries_of_others(repository: Path) -> None:
    """Its name is behind that of the other, so that the order of names would not do."""
    application = APPLICATION.replace("NAME", "{{ .Values.env }}")
    chart(repository / "deliver", "env: dev\n", templates__server=application)
    (repository / "charts" / "server" / "values-dev.yaml").write_text("replicas: 3\n")
    made = names(collect(["."]))
    assert made == [("dev", "deliver"), ("login", "dev"), ("dev-server", "dev")]


def test_what_is_delivered_has_all_that_a_chart_needs(repository: Path) -> None:
    """The delivery of a chart of the input brings no objects that the input does not show."""
    (repository / "app.yaml").write_text(APPLICATION.replace("NAME", "dev"))
    (repository / "charts" / "server" / "values-dev.yaml").write_text("replicas: 7\n")
    service = (
        "apiVersion: v1\nkind: Service\nmetadata: {name: server}\n"
        "spec: {selector: {app: sever}, ports: [{port: 80}]}\n"
    )
    (repository / "charts" / "server" / "templates" / "service.yaml").write_text(service)
    run = stackgen("lint", ".", "--output-format", "concise", cwd=repository)
    (said,) = [line for line in run.out.splitlines() if "templates/service.yaml" in line]
    assert "warning[serving-selects-nothing]" in said


def test_values_that_are_not_in_the_input_are_no_delivery(repository: Path) -> None:
    (repository / "app.yaml").write_text(APPLICATION.replace("NAME", "dev"))
    outside = repository.parent / "values-dev.yaml"
    outside.write_text("replicas: 7\n")
    (repository / "charts" / "server" / "values-dev.yaml").symlink_to(outside)
    assert names(collect(["."])) == [("login", "server"), ("server-server", "server")]


def test_a_chart_that_needs_values_gets_those_beside_it(repository: Path) -> None:
    file = repository / "charts" / "server" / "templates" / "secret.yaml"
    file.write_text(SECRET.replace(".Values.user", '(required "a user is needed" .Values.user)'))
    said = "charts/server: a Helm chart, rendered with its own values, of which some that it "
    why = "charts/server/templates/secret.yaml:6: needs a value: a user is needed"
    assert collect(["."]).notes == [f"{said}requires are empty ({why})"]
    (repository / "charts" / "server" / "values-prod.yaml").write_text("user: team\n")
    assert names(collect(["."]))
    assert "the values of charts/server/values-prod.yaml" in collect(["."]).notes[-1]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: b: c\n", "charts/server/values.yaml:1:5: error[schema-yaml]"),
        ("- 1\n", "charts/server/values.yaml:1:1: error[schema-yaml] values are an object"),
    ],
)
def test_default_values_that_are_no_object_are_an_error(
    text: str, said: str, repository: Path
) -> None:
    (repository / "charts" / "server" / "values.yaml").write_text(text)
    run = stackgen("lint", ".", "--output-format", "concise", cwd=repository)
    assert (run.code, said in run.out) == (2, True)


def test_a_chart_at_the_top_of_a_repository(repository: Path) -> None:
    (repository / "charts" / "server" / "values-dev.yaml").write_text("replicas: 7\n")
    application = APPLICATION.replace("NAME", "dev").replace("path: charts/server", "path: .")
    (repository / "charts" / "server" / "app.yaml").write_text(application)
    (note,) = [one for one in collect(["charts/server"]).notes if "rendered" in one]
    assert note.endswith("rendered with the values of Application dev")


def test_a_chart_that_helm_refuses_is_not_rendered(repository: Path) -> None:
    file = repository / "charts" / "server" / "templates" / "secret.yaml"
    file.write_text("a: {{ .Values.login.user }}\n")
    said = "charts/server: a Helm chart, not rendered: charts/server/templates/secret.yaml:1: "
    why = "nil pointer evaluating interface {}.user; `--helm charts/server` checks what it makes"
    assert collect(["."]).notes == [said + why]


def test_findings_are_at_the_line_of_the_template(repository: Path) -> None:
    run = stackgen("lint", ".", "--select", "schema-wrong-type", cwd=repository)
    assert run.code == 1
    assert "--> charts/server/templates/server.yaml:7:3" in run.out
    assert "  replicas: {{ .Values.replicas | quote }}" in run.out
    # The tag is empty by default: the image will be another one.
    image = stackgen("lint", ".", "--select", "supply-no-latest-tag", cwd=repository)
    assert image.code == 0, image.out


def test_what_is_no_yaml_is_told_at_the_template(repository: Path) -> None:
    file = repository / "charts" / "server" / "templates" / "bad.yaml"
    file.write_text("a: b\n{{ if true }}\nc: d: e\n{{ end }}\n")
    run = stackgen("lint", ".", "--output-format", "concise", cwd=repository)
    assert "charts/server/templates/bad.yaml:3:1: error[schema-yaml]" in run.out


def test_a_template_that_is_no_yaml_hides_no_other(repository: Path) -> None:
    """One that only lacks a value is no error: with the value, it may be YAML."""
    chart_of = repository / "charts" / "server"
    (chart_of / "templates" / "a.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
        "data: {args: [a, {{ .Values.user }}, b]}\n"
    )
    collected = collect(["."])
    assert names(collected)[-1][0] == "server-server"
    assert not collected.problems
    said = "charts/server/templates/a.yaml:4: no YAML before its values are set, skipped"
    assert said in collected.notes


def test_a_chart_beside_it_may_be_a_dependency(repository: Path) -> None:
    """As `helm dependency build` would copy it; not one outside the folder that is linted."""
    title = (
        "apiVersion: v2\nname: server\nversion: 1.0.0\ndependencies:\n"
        "- {name: helpers, version: 1.0.0, repository: 'file://../helpers'}\n"
    )
    (repository / "charts" / "server" / "Chart.yaml").write_text(title)
    helpers = repository / "charts" / "helpers"
    library = "apiVersion: v2\nname: helpers\nversion: 1.0.0\ntype: library\n"
    chart(helpers, Chart=library, **{"templates___h.tpl": '{{ define "app" }}served{{ end }}'})
    server = repository / "charts" / "server" / "templates" / "server.yaml"
    server.write_text(
        SERVER.replace("labels: {app: server}", 'labels: {app: {{ include "app" . }}}', 1)
    )
    made = [one for one in collect(["."]).bundle.objects if one.kind == "Deployment"]
    assert made[0].metadata["labels"] == {"app": "served"}
    assert not [
        one for one in collect(["charts/server"]).bundle.objects if one.kind == "Deployment"
    ]


def test_namespaces_that_are_not_known_are_not_compared(repository: Path) -> None:
    """A route in a chart without a delivery, and a Gateway that takes routes of its namespace."""
    route = (
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r}\n"
        "spec:\n  parentRefs: [{name: g, namespace: edge}]\n  rules: []\n"
    )
    (repository / "charts" / "server" / "templates" / "route.yaml").write_text(route)
    (repository / "gateway.yaml").write_text(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\n"
        "metadata: {name: g, namespace: edge}\nspec:\n  gatewayClassName: istio\n"
        "  listeners: [{name: http, port: 80, protocol: HTTP}]\n"
    )
    arguments = ("lint", ".", "--select", "route-parent-refused")
    assert stackgen(*arguments, cwd=repository).code == 0
    (repository / "app.yaml").write_text(APPLICATION.replace("NAME", "dev"))
    (repository / "charts" / "server" / "values-dev.yaml").write_text("replicas: 7\n")
    assert "accepts routes of namespace edge only" in stackgen(*arguments, cwd=repository).out
