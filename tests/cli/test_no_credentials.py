"""No command prints a credential or writes one, whatever it is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackgen.report import formats
from tests.program import stackgen
from tests.sandbox import ROOT
from tests.tokens import ENCODED, FRAMED, TOKENS, leaked

HUB, GIT, API = TOKENS["hugging face"], TOKENS["github"], TOKENS["openai"]
ADDRESS, PASSWORD = FRAMED["address"]
SECRETS = (HUB, GIT, API, PASSWORD, ENCODED)
REPORTS = [f"--output={form}=report.{form}" for form in formats("findings")]

# A manifest with credentials in values, keys, names, arguments and comments.
MANIFEST = f"""# {GIT}
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {{name: qwen, namespace: models, labels: {{app: {HUB}}}}}
spec:
  model: {{uri: "hf://Qwen/{HUB}", name: "{API}"}}
  replicas: [{GIT}]
  template:
    containers:
      - name: main
        args: ["--api-key={API}", "--config={ADDRESS}", "--tensor-parallel-size=4"]
        env: [{{name: HF_TOKEN, value: {HUB}}}, {{name: {API}, value: x}}]
---
apiVersion: v1
kind: Secret
metadata: {{name: "{API}", namespace: models}}
data: {{token: {ENCODED}, {GIT}: a}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: "{HUB}", namespace: models}}
spec: {{podSelector: {{matchLabels: {{app: {GIT}}}}}, policyTypes: [Ingress]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: "{GIT}", namespace: models}}
spec:
  selector: {{matchLabels: {{app: {GIT}}}}}
  template:
    metadata: {{labels: {{app: {GIT}}}}}
    spec: {{containers: [{{name: a, image: "quay.io/{API}:1", ports: [{{containerPort: 80}}]}}]}}
"""


def _leaks(folder: Path, *arguments: str) -> list[str]:
    run = stackgen(*arguments, cwd=folder)
    assert run.code in (0, 1, 2), run.text
    written = [p.read_text() for p in folder.glob("report.*")]
    return leaked("\n".join((run.out, run.err, *written)), *SECRETS)


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("foreign")
    (folder / "all.yaml").write_text(MANIFEST)
    (folder / f"{HUB}.yaml").write_text(MANIFEST.replace("containerPort: 80", "containerPort: x"))
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        ("lint", "all.yaml", *REPORTS),
        ("lint", ".", "--output-format", "github", "--write-baseline", "report.baseline"),
        ("lint", ".", "-v", "--color", "always"),
        ("expand", "all.yaml"),
        ("expand", "all.yaml", "--output-format", "json"),
        ("net", "list", "all.yaml", "--output-format", "json"),
        ("net", "list", "all.yaml", "--output-format", "mermaid"),
        ("net", "query", "all.yaml", "--from", f"models/Deployment/{GIT}", "--to", HUB),
        ("net", "diff", "all.yaml", f"{HUB}.yaml"),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_manifests_of_others(foreign: Path, arguments: tuple[str, ...]) -> None:
    assert _leaks(foreign, *arguments) == []


NOT_OF_MANIFESTS = {"google refresh", "google client", "stripe", "jwt", "grafana", "sendgrid",
                    "digitalocean", "databricks", "age"}  # fmt: skip


@pytest.mark.parametrize("shape", sorted({*TOKENS, "address"} - NOT_OF_MANIFESTS))
def test_lint_reports_what_it_stars_out(shape: str, tmp_path: Path) -> None:
    text = TOKENS.get(shape) or ADDRESS
    (tmp_path / "a.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: b}\n"
        f"data: {{url: '{text}'}}\n"
    )
    run = stackgen("lint", "a.yaml", "--select", "secrets-no-inline-token", cwd=tmp_path)
    assert run.code == 1
    assert "secrets-no-inline-token" in run.out


@pytest.mark.parametrize("command", [("lint",), ("expand",), ("explain",), ("net", "list"), ()])
def test_what_is_typed_is_not_repeated(tmp_path: Path, command: tuple[str, ...]) -> None:
    for typed in (HUB, f"--token={API}", ADDRESS):
        assert _leaks(tmp_path, *command, typed) == []


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stack with credentials wherever one could be typed."""
    folder = tmp_path_factory.mktemp("stack")
    spec = (ROOT / "tests" / "cases" / "stacks" / "minimal" / "stack.yaml").read_text()
    spec = spec.replace("my-project", HUB).replace("name: qwen", f"name: {GIT}")
    spec = spec.replace("https://github.com/acme/llm-platform", ADDRESS)
    spec += f"  {API}: 1\n  patches:\n    - target: {{kind: {API}, name: x}}\n"
    spec += f"      patch: {{a: {ENCODED}}}\n"
    (folder / "stack.yaml").write_text(spec)
    for file, text in (
        ("overlays/dev/stack.yaml", f"# {GIT}\nspec: {{cluster: {{dns: {API}}}}}\n"),
        (f"overlays/{HUB}/stack.yaml", "{}\n"),
        ("catalog/models.yaml", f"{GIT}: {{params: {API}, source: {ADDRESS}}}\n"),
        (f"catalog/{HUB}.yaml", "{}\n"),
    ):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text)
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        ("build", *REPORTS),
        ("build", "--check", "--output-format", "github"),
        ("build", "--diff"),
        ("build", "--env", "dev", "--write-baseline", "report.baseline"),
        ("plan",),
        ("plan", "--env", "dev", "--what-if", f"project={HUB}"),
        ("trace", "--env", "dev", f"LLMInferenceService/{GIT}:spec"),
        ("impact", f"spec.{API}"),
        ("impact", "stack.yaml:8"),
        ("net", "prove", "--env", "dev"),
        ("expand", "--env", HUB),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_a_stack(stack: Path, arguments: tuple[str, ...]) -> None:
    assert _leaks(stack, *arguments) == []
    assert not (stack / "out").exists()


def test_every_command_answers_through_the_one_place_that_stars_out() -> None:
    folder = ROOT / "generator" / "stackgen" / "cli"
    writers = {
        file.name
        for file in folder.glob("*.py")
        if any(w in file.read_text() for w in ("stdout.write(", "print(", "click.echo("))
    }
    assert writers == {"output.py"}
