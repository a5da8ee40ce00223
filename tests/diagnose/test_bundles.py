"""Support bundles and pages: each bundle of tests/cases/bundles is diagnosed as its failure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from stackgen.cli.main import cli
from stackgen.diagnose.match import diagnose, read_bundle
from stackgen.diagnose.runbooks import SECTIONS, RunbookError, parse, runbooks
from stackgen.diagnose.texts import of_text
from stackgen.errors import UsageError
from stackgen.findings.rules import all_rules
from tests.sandbox import ROOT

BUNDLES = ROOT / "tests" / "cases" / "bundles"
PAGES = runbooks()
# The pages that a bundle is diagnosed as, the cause first; most bundles are called by their page.
EXPECTED = {
    "healthy": [],
    "autoscaler-describe": ["autoscaler-no-metric"],
    "starting": [],
    "out-of-memory-hbm": ["out-of-memory"],
    "model-download-describe": ["model-download"],
    "gateway-pending-table": ["gateway-pending"],
    "certificate-trust": ["certificate"],
    "picker-json-log": ["picker-not-routing"],
    "curl-503": ["picker-not-routing"],
    "tpu-not-inferred": ["tpu-not-found"],
    "tpu-group-waits": ["tpu-not-found"],
    "pool-quota": ["pending-capacity"],
    "image-pull-old-events": ["image-pull"],
    "external-secret-table": ["secret-missing"],
    "gateway-quota-describe": ["gateway-pending"],
    "certificate-table": ["certificate"],
    "startup-killed-describe": ["startup-killed"],
    "argocd-sync-failed": ["delivery-stuck"],
    "flux-table": ["delivery-stuck"],
    "pod-rejected-condition": ["pod-rejected"],
    "healthy-tables": [],
    "disk-full-evicted": ["disk-full"],
    "model-download-xet": ["model-download"],
    "model-download-bucket": ["model-download"],
    "pending-and-503": ["node-mismatch", "pending-capacity", "picker-not-routing"],
}


def ran_on(path: str) -> Result:
    return CliRunner().invoke(cli, ["diagnose", path], standalone_mode=False)


def found(path: Path) -> list[str]:
    return [one.page.id for one in diagnose(read_bundle(str(path)), PAGES)]


@pytest.mark.parametrize("name", sorted(p.name for p in BUNDLES.iterdir()))
def test_a_bundle_is_diagnosed_as_its_failure(name: str) -> None:
    assert found(BUNDLES / name) == EXPECTED.get(name, [name])


def test_every_page_has_a_bundle() -> None:
    shown = {page for path in BUNDLES.iterdir() for page in EXPECTED.get(path.name, [path.name])}
    assert shown == set(PAGES)


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_names_rules_and_pages_that_exist(name: str) -> None:
    page = PAGES[name]
    assert page.signs and page.sources and page.rules
    assert set(page.rules) <= all_rules().keys()
    assert set(page.explains) <= PAGES.keys() - {name}
    listed = page.sections["Prevented by"].splitlines()
    assert listed == [f"- `{rule}`" for rule in page.rules]


def test_the_overview_lists_every_page() -> None:
    text = (ROOT / "docs" / "runbooks" / "README.md").read_text(encoding="utf-8")
    rows = [f"| [{page.id}]({page.id}.md) | {page.summary} |" for page in PAGES.values()]
    assert [line for line in text.splitlines() if line.startswith("| [")] == rows


def test_the_command_prints_the_page_the_place_and_what_it_saw() -> None:
    path = BUNDLES / "out-of-memory"
    ran = ran_on(str(path))
    assert ran.return_value == 1
    assert ran.stdout == (
        "out-of-memory: A container needs more memory than its limit, or the model does not fit "
        "into the memory of the chips.\n"
        f"  {path}/pod.yaml: container: Pod/qwen-kserve-5d9f-abcde/main: terminated 137 OOMKilled\n"
        "  runbook: stackgen explain out-of-memory\n"
        "\n"
        "Pods that are not ready:\n"
        "  qwen-kserve-5d9f-abcde: out-of-memory\n"
    )


TABLE = """\
NAMESPACE   NAME               READY   STATUS      RESTARTS      AGE
models      qwen-a             0/1     OOMKilled   7 (2m ago)    19m
models      qwen-picker-b      0/1     Running     0             19m
models      setup-c            0/1     Completed   0             19m
opendatahub   inference-gateway-istio-with-a-long-name   1/1   Running   0   30m
a-long-namespace  qwen-d  0/2  Running  3 (9s ago)  30m
"""


def test_pods_that_are_not_ready_are_named_with_what_may_have_caused_it(tmp_path: Path) -> None:
    (tmp_path / "pods.txt").write_text(TABLE)
    ran = ran_on(str(tmp_path))
    assert ran.return_value == 1
    assert ran.stdout.split("\n\n")[-1] == (
        "Pods that are not ready:\n"
        "  qwen-a: out-of-memory\n"
        "  qwen-picker-b: possibly a consequence of out-of-memory\n"
        "  qwen-d: possibly a consequence of out-of-memory\n"
    )


def test_a_consequence_comes_after_its_cause() -> None:
    ran = ran_on(str(BUNDLES / "pending-and-503"))
    last = ran.stdout.split("\n\n")[-1]
    assert last.startswith("picker-not-routing: ")
    assert "  possibly a consequence of node-mismatch, pending-capacity\n" in last


def test_a_bundle_without_a_failure_exits_with_0() -> None:
    ran = ran_on(str(BUNDLES / "healthy"))
    assert ran.return_value == 0
    assert ran.stdout.startswith("no runbook matches what the bundle shows\n")


def test_secrets_of_a_bundle_are_not_printed(tmp_path: Path) -> None:
    token = "hf_" + "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"
    password = "correct-Horse7-battery"
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}}
    objects = {**secret, "stringData": {"password": password}}
    (tmp_path / "secret.json").write_text(json.dumps(objects), encoding="utf-8")
    line = f"403 Client Error for https://huggingface.co/x token={token} password {password}\n"
    (tmp_path / "a.log").write_text(line, encoding="utf-8")
    ran = ran_on(str(tmp_path))
    assert ran.stdout.startswith("model-download: ")
    assert token not in ran.stdout and password not in ran.stdout


def test_a_file_that_is_not_text_is_named_and_not_used(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "b.log").write_text("OK\n", encoding="utf-8")
    ran = ran_on(str(tmp_path))
    assert ran.return_value == 0
    assert ran.stderr == f"stackgen: {tmp_path}/a.bin: is not UTF-8 text; not used\n"


def test_an_empty_bundle_is_no_diagnosis(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no readable file"):
        read_bundle(str(tmp_path))


@given(text=st.text(max_size=400))
def test_no_text_is_an_error(text: str) -> None:
    for one in of_text(f"Name: a\n{text}", "x"):
        assert one.source in ("event", "condition", "container", "service", "log")


@pytest.mark.parametrize(
    "text",
    [
        "# a\n",
        "---\nsigns: []\n---\n\n# b\n",
        "---\nsigns: [{source: rumor}]\n---\n\n# a\n\nS.\n"
        + "".join(f"\n## {title}\n\nText.\n" for title in SECTIONS),
    ],
)
def test_a_page_of_another_form_is_an_error(text: str) -> None:
    with pytest.raises(RunbookError):
        parse("a", text)
