"""Kubernetes objects in Terraform files."""

from __future__ import annotations

from stackgen.machines.terraform_objects import Found, found_in
from stackgen.manifest.document import Source


def _found(*texts: str) -> Found:
    return found_in(Source(f"infra/{i}.tf", text) for i, text in enumerate(texts))


def test_an_object_of_kubectl_is_read_from_a_here_document_with_the_constants_of_its_folder() -> (
    None
):
    found = _found(
        'locals {\n  space = "models"\n}\n',
        """
resource "kubectl_manifest" "scaler" {
  yaml_body = <<-YAML
    apiVersion: keda.sh/v1alpha1
    kind: ScaledObject
    metadata:
      name: qwen
      namespace: ${local.space}
  YAML
}
""",
    )
    (one,) = found.judged
    assert (one.kind, one.namespace, one.name) == ("ScaledObject", "models", "qwen")
    assert one.file == "infra/1.tf"


def test_what_yamlencode_makes_is_read_and_a_text_with_an_expression_is_a_variable() -> None:
    found = _found(
        """
resource "kubernetes_secret" "token" {
  metadata { name = "hf-token" }
  data = { token = var.token }
}
resource "kubectl_manifest" "ingress" {
  yaml_body = yamlencode({
    apiVersion = "networking.k8s.io/v1"
    kind = "Ingress"
    metadata = { name = "chat", namespace = "models" }
    spec = {
      rules = [{ host = "chat.${var.zone}" }]
      tls = [{ secretName = kubernetes_secret.token.metadata[0].name }]
    }
  })
}
"""
    )
    secret, ingress = found.judged
    assert secret.get("stringData") == {"token": "${VAR_TOKEN}"}
    assert ingress.get("spec", "rules", 0, "host") == "chat.${VAR_ZONE}"
    assert ingress.get("spec", "tls", 0, "secretName") == "hf-token"


def test_blocks_become_fields_and_lists() -> None:
    found = _found(
        """
resource "kubernetes_service_v1" "qwen" {
  metadata {
    name = "qwen"
    namespace = "models"
  }
  spec {
    selector = { app = "qwen" }
    port {
      port = 80
      target_port = "8000"
    }
  }
}
"""
    )
    (one,) = found.judged
    assert one.data == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "qwen", "namespace": "models"},
        "spec": {"selector": {"app": "qwen"}, "ports": [{"port": 80, "targetPort": 8000}]},
    }


def test_an_object_with_an_expression_in_place_of_a_number_is_only_counted_on() -> None:
    found = _found(
        """
resource "kubernetes_deployment" "qwen" {
  metadata { name = "qwen" }
  spec { replicas = var.replicas }
}
resource "kubernetes_namespace" "each" {
  for_each = var.spaces
  metadata { name = each.key }
}
"""
    )
    assert found.judged == ()
    assert [one.name for one in found.counted] == ["qwen"]


def test_files_and_queries_are_texts() -> None:
    found = _found(
        """
resource "kubernetes_config_map_v1" "values" {
  metadata { name = "values" }
  data = { "a.yaml" = yamlencode({ a = 1 }), "query" = "up{job=\\"qwen\\"}" }
}
"""
    )
    (one,) = found.judged
    assert one.get("data") == {"a.yaml": '{"a": 1}', "query": 'up{job="qwen"}'}


def test_blocks_are_lists_or_objects_by_the_block_that_holds_them() -> None:
    found = _found(
        """
resource "kubernetes_service_account_v1" "reader" {
  metadata { name = "reader" }
  secret { name = "reader-token" }
  image_pull_secret { name = "registry" }
}
resource "kubernetes_ingress_v1" "web" {
  metadata {
    name = "web"
    annotations = { "cloud.google.com/neg" = jsonencode({ ingress = true }) }
  }
  spec {
    rule {
      http {
        path {
          backend {
            service {
              name = "web"
              port { number = 80 }
            }
          }
        }
      }
    }
  }
}
resource "kubernetes_pod_v1" "web" {}
resource "kubernetes_deployment" "web" {
  metadata { name = "web" }
  spec {
    template {
      spec {
        affinity {
          node_affinity {
            required_during_scheduling_ignored_during_execution {
              node_selector_term {}
            }
          }
          pod_anti_affinity {
            preferred_during_scheduling_ignored_during_execution { weight = 100 }
          }
        }
        volume {
          name = "token"
          secret { secret_name = "reader-token" }
        }
      }
    }
  }
}
resource "kubernetes_cluster_role" "metrics" {
  metadata { name = "metrics" }
  rule { non_resource_urls = ["/metrics"] }
}
"""
    )
    account, ingress, deployment, role = found.judged
    assert account.get("secrets") == [{"name": "reader-token"}]
    assert account.get("imagePullSecrets") == [{"name": "registry"}]
    path = ingress.get("spec", "rules", 0, "http", "paths", 0)
    assert path["backend"]["service"]["port"] == {"number": 80}
    assert ingress.metadata["annotations"] == {"cloud.google.com/neg": '{"ingress": true}'}
    spec = deployment.get("spec", "template", "spec")
    affinity = spec["affinity"]
    required = affinity["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert required == {"nodeSelectorTerms": [{}]}
    preferred = affinity["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    assert preferred == [{"weight": 100}]
    assert spec["volumes"] == [{"name": "token", "secret": {"secretName": "reader-token"}}]
    assert role.get("rules") == [{"nonResourceURLs": ["/metrics"]}]
