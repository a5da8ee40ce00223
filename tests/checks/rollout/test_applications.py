"""Applications of one Application, for which Argo CD does not wait."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from stackgen.cli.main import cli

APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: {name}
  namespace: argocd
  annotations: {{argocd.argoproj.io/sync-wave: "{wave}"}}
spec:
  project: default
  source: {{repoURL: "{url}", targetRevision: {version}, {source}}}
  destination: {{server: "https://kubernetes.default.svc", namespace: {name}}}
"""
GIT = "https://git.example.org/platform"
CERTIFICATE = """\
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: web, namespace: web}
spec: {secretName: web-tls, dnsNames: [web.example.com], issuerRef: {name: x, kind: ClusterIssuer}}
"""
SETTINGS = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cm, namespace: argocd}
data: {resource.customizations.health.argoproj.io_Application: "hs = {}"}
"""


def remedies(folder: Path, **more: str) -> list[str]:
    """What lint proposes for steps that do not wait."""
    chart = {"url": "https://charts.jetstack.io", "version": "v1.18.2"}
    git = {"url": GIT, "version": "main"}
    files = {
        "root.yaml": APPLICATION.format(name="root", wave=0, source="path: apps", **git),
        "apps/cert-manager.yaml": APPLICATION.format(
            name="cert-manager", wave=0, source="chart: cert-manager", **chart
        ),
        "apps/web.yaml": APPLICATION.format(name="web", wave=1, source="path: web", **git),
        "web/certificate.yaml": CERTIFICATE,
        **more,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    done = CliRunner().invoke(cli, ["lint", str(folder), "--output-format", "json"])
    found = json.loads(done.stdout)["findings"]
    return [one["remedy"] for one in found if one["rule"] == "rollout-not-awaited"]


def test_the_remedy_is_one_of_argocd(tmp_path: Path) -> None:
    (remedy,) = remedies(tmp_path)
    assert "argocd-cm" in remedy and "healthCheckExprs" not in remedy


def test_settings_that_assess_applications_end_the_finding(tmp_path: Path) -> None:
    assert remedies(tmp_path, **{"settings.yaml": SETTINGS}) == []
