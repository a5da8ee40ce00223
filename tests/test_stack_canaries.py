"""Canaries around a stack that compiles: no command prints one, and no file holds one."""

from __future__ import annotations

import base64
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackgen.redact import forget
from tests import sandbox
from tests.program import Run
from tests.test_hostile_names import stackgen
from tests.test_secrets import BROKEN, FORMATS, KUSTOMIZATION, MANIFESTS, B, C, earlier, leaks

SHORT = ("opensesame", "abc", "1234", "Zq9", "p@ss", "x")
KEY = "\n".join(C[62 + i] for i in range(3))
PEM = f"-----BEGIN PRIVATE KEY-----\n{KEY}\n-----END PRIVATE KEY-----\n"
LOGIN = json.dumps({"auths": {"quay.io": {
    "username": "me", "password": C[65], "auth": base64.b64encode(f"me:{C[66]}".encode()).decode(),
}}})  # fmt: skip
APPLIED = json.dumps({
    "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"},
    "spec": {"env": [{"name": "HF_TOKEN", "value": C[67]}], "args": ["--api-key", C[68]]},
})  # fmt: skip


def text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


SPELLINGS = [
    f"--api-key={C[70]}", f"--api_key={C[71]}", f"--apiKey={C[72]}", "--api-key", C[73], C[74],
    f"--API-KEY={C[75]}", f"--api-key {C[76]} {C[77]}", f"--api-key='{C[78]}'", "--hf_token", C[79],
    f'--config={{"api_key": {text(C[80])}}}', f"--header=Authorization: Bearer {C[81]}",
    f"--proxy=http://me:{C[82].replace('/', '_')}@[2001:db8::1]:8080/a",
]  # fmt: skip
EXTRA = f"""\
apiVersion: v1
kind: Secret
metadata: {{name: files, namespace: a}}
type: kubernetes.io/dockerconfigjson
data:
  .dockerconfigjson: {base64.b64encode(LOGIN.encode()).decode()}
  tls.key: {base64.b64encode(PEM.encode()).decode()}
stringData:
  pem: {text(PEM)}
  env: {text(f"A={C[83]}{chr(10)}export B='{C[84]}'{chr(10)}")}
  values.yaml: {text(f"a:{chr(10)}  b: {C[85]}{chr(10)}  c: [{C[86]}]{chr(10)}")}
wrong: 1
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: copies, namespace: a}}
data:
  pem: {text(PEM)}
  login: {text(LOGIN)}
  plain: {text(f"see {C[83]} and {C[84]}")}
  {text("b" + C[86])}: a
  CLIENT_SECRET: {text(C[87])}
  api-token: {text(C[88])}
wrong: {text(C[85])}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: spellings
  namespace: a
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: {text(APPLIED)}
    example.com/header: {text(f"Authorization: Bearer {C[89]}")}
spec:
  wrong: 1
  selector: {{matchLabels: {{app: b}}}}
  template:
    metadata: {{labels: {{app: b}}}}
    spec: {{containers: [{{name: a, image: "a:1", wrong: 1, args: {text("X")}}}]}}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{name: chart, namespace: a}}
spec:
  wrong: 1
  values:
    env: {{HF_TOKEN: {text(C[90])}, MY_SECRET: {text(C[91])}, DB_PASS: {text(C[92])}}}
    auth: {{password: {text(C[93])}, apiKey: {text(C[94])}}}
    extraEnv: [{{name: A_PASSWORD, value: {text(C[95])}}}]
---
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
patches:
- target: {{kind: SealedSecret, name: a}}
  patch: |
    spec: {{encryptedData: {{a: {text(C[96])}}}, template: {{data: {{b: {text(C[97])}}}}}}}
- target: {{name: unknown}}
  patch: {{stringData: {{a: {text(C[98])}}}}}
- target: {{name: unknown}}
  patch: [{{op: add, path: /stringData/a, value: {text(C[99])}}}]
---
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {{name: echo, namespace: a}}
spec:
  wrong: 1
  model: {{uri: "hf://a/b", name: b}}
  template:
    containers:
    - name: main
      args: {json.dumps(SPELLINGS, ensure_ascii=False)}
      env: [{", ".join(f"{{name: S{i}_TOKEN, value: {text(s)}}}" for i, s in enumerate(SHORT))}]
---
apiVersion: example.com/v1
kind: Login
metadata: {{name: cel, namespace: a}}
spec: {{password: {text(C[100])}, pin: {text(C[83])}}}
""".replace('args: "X"', f"args: {json.dumps(SPELLINGS, ensure_ascii=False)}")
HELM = f"""\
env: {{HF_TOKEN: {text(C[101])}}}
postgres: {{password: {text(C[102])}}}
 token: "{C[103]}" x
"""
DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: logins.example.com}
spec:
  group: example.com
  names: {kind: Login, plural: logins, singular: login, listKind: LoginList}
  scope: Namespaced
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties: {password: {type: string}, pin: {type: string}}
            x-kubernetes-validations:
            - rule: "self.password == self.pin"
              messageExpression: "'echo ' + self.password + ' is not ' + self.pin"
"""
POLICY = """\
package main
import rego.v1
warn contains msg if {
    msg := sprintf("echo %v %v", [input, data.registry])
}
warn contains msg if {
    some value in object.get(input, "stringData", {})
    is_string(value)
    msg := sprintf("echo <%v> %v %v", [value, base64.encode(value), upper(input.kind)])
}
warn contains msg if {
    some value in object.get(input, "data", {})
    base64.is_valid(value)
    msg := sprintf("echo [%v]", [base64.decode(value)])
}
warn contains msg if {
    some container in object.get(input, ["spec", "template", "containers"], [])
    some env in container.env
    msg := sprintf("echo %v is (%v)", [env.name, env.value])
}
"""
DATA = f"registry: {{password: {text(C[104])}, url: 'https://me:{C[105].replace('/', '_')}@a.b'}}\n"
REASON = text(f"see --token={C[107]}")
CONFIG = f"""\
profile: {{stage: dev, allowedRegistries: ["https://me:{C[106].replace("/", "_")}@a.b"]}}
paths:
- {{path: "k8s/**", ignore: [pods-seccomp-runtime-default], reason: {REASON}}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reference stack, which compiles, with canaries in whatever lies beside it."""
    root = sandbox.stack(tmp_path_factory.mktemp("stack"))
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
    sandbox.run_ok(["git", "init", "-q"], root)
    sandbox.run_ok(["git", "add", "."], root)
    sandbox.run_ok([*git, "commit", "-qm", "before"], root)
    good = MANIFESTS.split("---\n")
    whole = "---\n".join(x for x in good if "name: twice" not in x and "name: text" not in x)
    files = {
        "k8s/all.yaml": whole + "---\n" + EXTRA,
        "k8s/broken.yaml": BROKEN,
        "k8s/values.yaml": HELM,
        "k8s/kustomization.yaml": KUSTOMIZATION,
        "old/all.yaml": earlier(whole) + "---\n" + EXTRA.replace("Kanari", "Vorher"),
        "definitions/login.yaml": DEFINITION,
        "policies/echo.rego": POLICY,
        "policies/data.yaml": DATA,
        ".stackgen.yaml": CONFIG,
        "known.json": json.dumps({"version": 1, "findings": [
            {"fingerprint": C[108], "rule": C[109], "object": C[110], "path": C[111], "count": 1},
        ]}),
    }  # fmt: skip
    for name, content in files.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(content, encoding="utf-8")
    sandbox.run_ok(["stackgen", "schemas", "import", "definitions/login.yaml"], root)
    overlay = root / "overlays" / "dev" / "stack.yaml"
    overlay.write_text(overlay.read_text() + "# changed\n")
    return root


SERVICE = "LLMInferenceService/qwen2-3b-pattern1"


def commands() -> Iterator[list[str]]:
    every = [f"--output={form}=written/{form}" for form in FORMATS]
    yield ["build", *every]
    yield ["build", "--check", *every, "--baseline", "known.json"]
    yield ["lint", *every, "--write-baseline", "written/baseline", "k8s/all.yaml"]
    yield ["lint", *every, "--previous", "old", "--baseline", "known.json", "k8s/all.yaml"]
    yield ["lint", *every, "--policy", "policies", "k8s/all.yaml", "out"]
    for form in FORMATS:  # also on standard output, as in the tests below
        yield ["lint", "--output-format", form, "k8s"]
    for form in ("yaml", "json"):
        yield ["expand", "--output-format", form, "k8s/all.yaml"]
        yield ["expand", "--output-format", form, "--env", "prod"]
    for form in ("text", "markdown", "json"):
        yield ["diff", "--output-format", form]
        yield ["diff", "--output-format", form, "--between", "dev", "prod"]
        yield ["diff", "--output-format", form, "old", "k8s/all.yaml", f"--output={form}=written/d"]
        yield ["diff", "--output-format", form, "k8s/all.yaml", "old"]
        yield ["diff", "--output-format", form, "--against", "HEAD", "k8s/all.yaml"]
        yield ["net", "prove", "--output-format", form]
    for form in ("text", "json"):
        yield ["trace", "--output-format", form, "--env", "prod", f"{SERVICE}:spec"]
        yield ["impact", "--output-format", form, "spec.serving"]
        yield ["plan", "--output-format", form]
        yield ["plan", "--output-format", form, "--what-if", "topology=2x4"]
        yield ["net", "diff", "--output-format", form, "old", "k8s/all.yaml"]
        yield ["policies", "list", "--output-format", form]
        yield ["schemas", "list", "--output-format", form]
    for form in ("text", "json", "mermaid", "markdown"):
        yield ["rollout", "--env", "prod", "--output-format", form]
        yield ["rollout", "--env", "prod", "--output-format", form, "--from", "HEAD"]
        yield ["rollout", "--env", "prod", "--output-format", form, "--from", "old"]
    yield ["bootstrap", "--env", "prod", "--teardown"]
    yield ["bootstrap", "--env", "prod", "--hand-over"]
    yield ["plan", "--explain"]
    yield ["report", "--output", "-"]
    yield ["bootstrap", "--env", "prod", "--out", "written"]
    for form in ("gcloud", "terraform", "config-connector"):
        yield ["cluster", "--env", "prod", "--format", form]
    for form in ("text", "json", "mermaid", "dot", "svg"):
        yield ["net", "list", "--output-format", form, "k8s/all.yaml"]
        yield ["net", "list", "--output-format", form, "--env", "prod"]
    yield ["net", "query", "a/server", "a/spellings", "k8s/all.yaml"]
    for form in ("gatekeeper", "vap"):
        export = ["policies", "export", "--format", form, "--env", "prod"]
        yield [*export, "--data", "policies/data.yaml"]
    yield ["policies", "export", "--format", "vap", "--env", "prod", "--out", "written/export"]
    yield ["policies", "facts", "--env", "prod", "--data", "policies/data.yaml"]
    yield ["explain", f"--token={C[112]}"]
    yield ["build", "--fix", "--diff"]
    yield ["trace", "--env", "prod", f"Secret/{C[113]}:--token={C[114]}"]
    yield ["impact", f"spec.--password={C[115]}"]


def run(arguments: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(folder)
    shutil.rmtree(folder / "written", ignore_errors=True)
    (folder / "written").mkdir()
    done = stackgen(*arguments, monkeypatch=monkeypatch)
    forget()
    return done


@pytest.mark.parametrize("arguments", list(commands()), ids=" ".join)
def test_no_command_prints_or_writes_a_canary(
    arguments: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run(arguments, folder, monkeypatch)
    # What is refused: files that cannot be read, and what is not known.
    refused = arguments[-1] == "k8s" or any(c in arguments[-1] for c in C)
    assert done.code == 2 if refused else done.code in (0, 1), done.text
    written = [p for name in ("written", "out") for p in (folder / name).rglob("*") if p.is_file()]
    reports = [a.partition("=")[2].partition("=")[2] for a in arguments if "--output=" in a]
    assert all(folder / report in written for report in reports)
    output = "\n".join([done.out, done.err, *(p.read_text(encoding="utf-8") for p in written)])
    assert leaks(output) == []
    assert "Vorher" not in output


@pytest.mark.parametrize("form", FORMATS)
def test_a_policy_that_echoes_its_input_runs_in_build(
    form: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = run(["build", "--check", "--output-format", form], folder, monkeypatch)
    assert done.code == 1 and "echo {" in done.out.replace("&quot;", '"')
    assert leaks(done.out + done.err) == []


@pytest.mark.parametrize("form", FORMATS)
def test_policies_and_schemas_that_echo_short_secrets(
    form: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["lint", "--output-format", form, "--policy", "policies", "k8s/all.yaml"]
    done = run(arguments, folder, monkeypatch)
    plain = done.out.replace("&lt;", "<").replace("&gt;", ">").replace("&#x27;", "'")
    assert re.search(r"echo S0_TOKEN is \(\*{10}\)", plain)
    assert re.search(r"echo S1_TOKEN is \(\*{3}\)", plain)
    assert re.search(r"echo S2_TOKEN is \(\*{4}\)", plain)
    assert re.search(r"echo <\*{5,}", plain) and re.search(r"echo \[\*{5,}", plain)
    assert "schema-cross-field" in plain


def test_the_canaries_are_planted() -> None:
    planted = "\n".join((
        MANIFESTS, EXTRA, HELM, BROKEN, KUSTOMIZATION, DATA, CONFIG, PEM, LOGIN, APPLIED,
    ))  # fmt: skip
    found = {number for number, value in enumerate(C) if value in planted or B[number] in planted}
    assert len(found) >= 80
