"""Canaries: secrets of every shape and place, and none of them in anything that is printed."""

# ruff: noqa: E501 - manifests

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from stackgen.report import formats
from tests.program import stackgen

FORMATS = formats("findings")


def canary(number: int) -> str:
    return f"Kanari{number:02d}-zwölf/{number * 7919}"


def encoded(number: int) -> str:
    return base64.b64encode(canary(number).encode()).decode()


C = [canary(i) for i in range(130)]
B = [encoded(i) for i in range(130)]

MANIFESTS = f"""\
apiVersion: v1
kind: Secret
metadata:
  name: plain
  namespace: a
  labels: {{"Bad Label": x}}
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {{"apiVersion":"v1","kind":"Secret","stringData":{{"password":"{C[1]}"}},"data":{{"k":"{B[2]}"}}}}
data: {{a: {B[3]}, b: "{C[4]} not base64", c: {{nested: "{C[5]}"}}, d: ["{C[6]}"]}}
stringData: {{e: {{f: [{{g: "{C[7]}"}}]}}, h: "{C[8]}", multi: "first line\\n{C[9]}\\nlast"}}
Data: {{i: "{C[10]}"}}
value: "{C[11]}"
---
apiVersion: v1
kind: Secret
metadata: {{name: twice, namespace: a}}
stringData:
  password: "{C[12]}"
  password: "{C[13]}"
---
apiVersion: v1
kind: Secret
metadata: {{name: text, namespace: a}}
data: "{C[14]}"
stringData: ["{C[15]}"]
---
apiVersion: v1
kind: List
items:
- {{apiVersion: v1, kind: Secret, metadata: {{name: in-list, namespace: a}}, stringData: {{a: "{C[16]}"}}}}
---
apiVersion: v1
kind: SecretList
items:
- {{metadata: {{name: in-secrets, namespace: a}}, data: {{a: "{C[17]}"}}}}
---
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: {{name: sealed, namespace: a}}
spec: {{encryptedData: {{a: "{C[18]}"}}, template: {{stringData: {{b: "{C[19]}"}}}}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: config, namespace: a}}
data:
  DB_PASSWORD: "{C[20]}"
  url: "postgres://app:{quote(C[21], safe="")}@db:5432/app"
  app.properties: |
    user=app
    password={C[22]}
  manifest: |
    apiVersion: v1
    kind: Secret
    stringData:
      token: "{C[23]}"
  copied: "{C[3]}"
unknown: "{C[20]}"
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: server, namespace: a}}
spec:
  selector: {{matchLabels: {{app: a}}}}
  template:
    metadata: {{labels: {{app: a}}}}
    spec:
      containers:
      - name: a
        image: registry.example.com/a:1
        args: ["--api-key={C[24]}", "--password", "{C[25]}", "--hf-token={C[26]}", "--tokenizer=kept"]
        command: [sh, -c, "vllm serve --api-key {C[27]} && HF_TOKEN={C[28]} run && curl -u me:{C[29]} x"]
        env:
        - {{name: HF_TOKEN, value: "{C[30]}"}}
        - {{name: DB_PASSWORD, value: "{C[31]}", extra: 1}}
        - {{name: CLIENT_SECRET, value: "{C[32]}"}}
        - {{name: OPENAI_API_KEY, value: "{C[33]}"}}
        - {{name: SIGNING_KEY, value: "{C[34]}"}}
        - {{value: "{C[35]}", name: AZURE_ACCOUNT_KEY}}
        - {{name: HEADERS, value: "Authorization: Bearer {C[36]}"}}
        livenessProbe:
          httpGet: {{path: /, port: 80, httpHeaders: [{{name: Authorization, value: "Basic {C[37]}"}}]}}
        lifecycle: {{postStart: {{exec: {{command: [login, --token, "{C[38]}"]}}}}}}
      initContainers:
      - {{name: b, image: b, args: "--client-secret={C[39]}"}}
      volumes:
      - name: v
        csi: {{driver: d, volumeAttributes: {{password: "{C[40]}", apiKey: "{C[41]}"}}}}
---
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {{name: llm, namespace: a}}
spec:
  model: {{uri: "hf://a/b", name: b}}
  template:
    containers:
    - name: main
      args: ["--api-key={C[42]}"]
      env: [{{name: HF_TOKEN, value: "{C[43]}"}}, {{name: COPIED, value: "{C[8]}"}}]
"""
BROKEN = f"""\
apiVersion: v1
kind: Secret
metadata: {{name: broken}}
stringData:
  a: "{C[50]}"
  b: "{C[51]}" trailing {C[52]}
"""
BROKEN_POD = f"""\
kind: Pod
spec: {{containers: [{{args: ["--api-key={C[54]}"]
metadata: x
"""
KUSTOMIZATION = f"""\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
secretGenerator: [{{name: a, literals: ["a={C[53]}"]}}]
unknown: "{C[53]}"
"""
POLICY = """\
# METADATA
# title: Echo
# custom:
#   stackgen:
#     severity: error
package main
import rego.v1
deny contains msg if {
    msg := sprintf("saw %v", [input])
}
"""


def earlier(text: str) -> str:
    """The same text with other secrets: `Vorher` instead of `Kanari`."""
    for new, shown in zip(C, B, strict=True):
        old = new.replace("Kanari", "Vorher")
        text = text.replace(new, old).replace(shown, base64.b64encode(old.encode()).decode())
    return text


def leaks(text: str) -> list[str]:
    """Every canary in a text: as it is, in base64 and as part of a URL."""
    found = []
    for number in range(len(C)):
        forms = (C[number], B[number].rstrip("="), quote(C[number], safe=""))
        escaped = json.dumps(C[number])[1:-1]
        end = f"lf/{number * 7919}" if number > 12 else escaped
        found += [f"{number}: {form}" for form in (*forms, escaped, end) if form in text]
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "all.yaml").write_text(MANIFESTS, encoding="utf-8")
    (tmp_path / "before").mkdir()
    after = "".join(f"---\n{x}" for x in MANIFESTS.split("---\n") if "twice" not in x)
    (tmp_path / "before" / "all.yaml").write_text(earlier(after), encoding="utf-8")
    (tmp_path / "after.yaml").write_text(after, encoding="utf-8")
    (tmp_path / "broken.yaml").write_text(BROKEN, encoding="utf-8")
    (tmp_path / "pod.yaml").write_text(BROKEN_POD, encoding="utf-8")
    (tmp_path / "kustomization.yaml").write_text(KUSTOMIZATION, encoding="utf-8")
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "echo.rego").write_text(POLICY, encoding="utf-8")
    return tmp_path


def commands() -> Iterator[list[str]]:
    for form in FORMATS:
        yield ["lint", "--output-format", form, "all.yaml", "broken.yaml", "pod.yaml"]
        yield ["lint", "--output-format", form, "--policy", "policies", "after.yaml"]
        yield ["lint", "--output-format", form, "--previous", "before", "after.yaml"]
    yield ["lint", "kustomization.yaml", "."]
    for form in ("yaml", "json"):
        yield ["expand", "--output-format", form, "after.yaml"]
    for form in ("text", "json", "mermaid", "dot", "svg"):
        yield ["net", "list", "--output-format", form, "after.yaml"]
    for form in ("text", "markdown", "json"):
        yield ["diff", "--output-format", form, "before", "after.yaml"]
        yield ["diff", "--output-format", form, "after.yaml", "before"]
    yield ["net", "query", "a/server", "a/nothing", "after.yaml"]
    yield ["net", "diff", "before", "after.yaml"]
    yield ["lint", f"--password={C[60]}", "after.yaml"]
    yield ["lint", "--select", f"HF_TOKEN={C[61]}", "after.yaml"]


@pytest.mark.parametrize("arguments", list(commands()), ids=" ".join)
def test_no_command_prints_a_secret(arguments: list[str], folder: Path) -> None:
    done = stackgen(*arguments, cwd=folder)
    assert done.code in (0, 1, 2)
    assert ("saw {" in done.out.replace("&quot;", '"')) == ("--policy" in arguments)
    assert leaks(done.out + done.err) == []
    assert "Vorher" not in done.out + done.err


def test_no_report_or_baseline_holds_a_secret(folder: Path) -> None:
    outputs = [f"--output={form}=report.{form}" for form in FORMATS]
    stackgen("lint", "--write-baseline", "known.json", *outputs, "after.yaml", cwd=folder)
    for name in ("known.json", *(f"report.{form}" for form in FORMATS)):
        text = (folder / name).read_text(encoding="utf-8")
        assert len(text) > 100 and leaks(text) == []


def test_every_canary_is_planted(folder: Path) -> None:
    text = MANIFESTS + BROKEN + BROKEN_POD + KUSTOMIZATION
    planted = {number for number in range(60) if f"{number}:" in "\n".join(leaks(text))}
    assert len(planted) >= 45
