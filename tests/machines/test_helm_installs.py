"""Charts that scripts and Terraform files install."""

from __future__ import annotations

from typing import Any

from stackgen.machines.made import made_by
from stackgen.manifest.document import Source


def installed(text: str, name: str) -> dict[str, Any]:
    (one,) = (r for r in made_by([Source(name, text)]) if r.kind == "HelmInstall")
    return {"name": one.name, "namespace": one.namespace, **one.data["spec"]}


def test_a_command_gives_chart_values_and_files() -> None:
    text = (
        "helm repo add istio https://istio-release.storage.googleapis.com/charts\n"
        "helm upgrade --install istiod istio/istiod -n istio-system --version 1.27.0 --wait \\\n"
        "  -f base.yaml --values prod.yaml --set 'pilot.replicas=2,a\\.b=true' --set-string c=1\n"
    )
    assert installed(text, "up.sh") == {
        "name": "istiod", "namespace": "istio-system", "chart": "istiod", "path": "",
        "version": "1.27.0",
        "repository": "https://istio-release.storage.googleapis.com/charts",
        "values": {"pilot": {"replicas": 2}, "a.b": True, "c": "1"},
        "files": ["base.yaml", "prod.yaml"], "partly": False,
    }  # fmt: skip


def test_other_commands_of_helm_install_nothing() -> None:
    text = "helm repo update\nhelm template a ./chart\nhelm uninstall istiod -n istio-system\n"
    assert made_by([Source("up.sh", text)]) == ()


def test_a_resource_gives_values_of_all_forms() -> None:
    text = """
resource "helm_release" "argocd" {
  name       = "argocd"
  repository = "https://argoproj.github.io/argo-helm"
  chart      = "argo-cd"
  version    = "9.0.0"
  namespace  = "argocd"
  values = [
    file("${path.module}/values/argocd.yaml"),
    yamlencode({
      server = { replicas = 2, extraArgs = ["--insecure"] }
    }),
    <<-EOT
      server:
        service: {type: ClusterIP}
    EOT
  ]
  set {
    name  = "configs.params.server\\\\.insecure"
    value = "true"
  }
}
"""
    assert installed(text, "tf/main.tf") == {
        "name": "argocd", "namespace": "argocd", "chart": "argo-cd", "path": "",
        "version": "9.0.0",
        "repository": "https://argoproj.github.io/argo-helm",
        "values": {
            "server": {
                "replicas": 2, "extraArgs": ["--insecure"], "service": {"type": "ClusterIP"}
            },
            "configs": {"params": {"server.insecure": True}},
        },
        "files": ["values/argocd.yaml"], "partly": False,
    }  # fmt: skip


def test_values_at_an_index_are_left_out_and_said() -> None:
    text = "helm install chat oci://a.example/inferencepool --set 'a.ports[0].number=1,b=2'\n"
    spec = installed(text, "up.sh")
    assert (spec["values"], spec["partly"]) == ({"b": 2}, True)


def test_flags_and_fields_that_are_not_read_are_said() -> None:
    for end in ("$MORE", "--set-json 'a={}'", "--reuse-values", "--set $MORE"):
        assert installed(f"helm install chat oci://a.example/pool {end}\n", "up.sh")["partly"], end
    for field in ("set = concat([], var.more)", "set = var.more", 'set_list { name = "a" }'):
        text = f'resource "helm_release" "a" {{\n  chart = "c"\n  {field}\n}}\n'
        assert installed(text, "main.tf")["partly"], field


def test_values_that_are_not_known_are_said() -> None:
    text = 'resource "helm_release" "a" {\n  chart = "c"\n  values = [local.values]\n}\n'
    assert installed(text, "main.tf")["partly"] is True
    text = 'resource "helm_release" "a" {\n  set = [{name = "a.b", value = "c"}]\n}\n'
    assert installed(text, "main.tf")["values"] == {"a": {"b": "c"}}
