"""Files of generators in what Flux substitutes variables."""

from __future__ import annotations

from pathlib import Path

from stackgen.checks.context import Context
from stackgen.checks.serving.flux_variable_unset import check
from stackgen.manifest.collect import collect

STEP = """apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: boards, namespace: flux-system}
spec:
  interval: 10m
  prune: true
  path: ./boards
  sourceRef: {kind: GitRepository, name: flux-system}
  postBuild: {substitute: {zone: east}}
"""
OFF = "options: {annotations: {kustomize.toolkit.fluxcd.io/substitute: disabled}}"


def said(folder: Path, generator: str) -> list[str]:
    (folder / "boards").mkdir(exist_ok=True)
    (folder / "step.yaml").write_text(STEP)
    (folder / "outside.json").write_text("${OUTSIDE}")
    (folder / "boards" / "chat.json").write_text('{"source": "${DS_MAIN}", "zone": "${zone}"}')
    (folder / "boards" / "kustomization.yaml").write_text(f"configMapGenerator: [{generator}]\n")
    bundle = collect([str(folder)]).bundle
    return [found.message for found in check(Context(bundle=bundle))]


def test_a_dashboard_of_a_generator(tmp_path: Path) -> None:
    (message,) = said(tmp_path, "{name: boards, files: [board=chat.json]}")
    assert message.endswith("does not define ${DS_MAIN}")
    assert said(tmp_path, "{name: boards, files: [chat.json], " + OFF + "}") == []
    assert said(tmp_path, "{name: boards, files: [../outside.json, absent.json]}") == []
