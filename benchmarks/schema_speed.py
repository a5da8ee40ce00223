"""How long the schema engine takes.

    python -m benchmarks.schema_speed [DOCUMENTS ...]

validates files of so many mixed documents (Deployment, Service, ConfigMap, NetworkPolicy,
HTTPRoute; default 1000 and 10000), one multi-document text each, in a fresh process, and prints
CPU seconds for reading the YAML and for validating. The corpus is made here, always the same.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time

TEMPLATES = (
    """apiVersion: apps/v1
kind: Deployment
metadata: {{name: web-{n}, namespace: ns-{space}, labels: {{app: web-{n}, tier: backend}}}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: web-{n}}}}}
  template:
    metadata: {{labels: {{app: web-{n}, tier: backend}}}}
    spec:
      containers:
        - name: main
          image: registry.example.com/web:{n}
          ports: [{{name: http, containerPort: 8080}}]
          resources:
            requests: {{cpu: 100m, memory: 256Mi}}
            limits: {{memory: 512Mi}}
          readinessProbe:
            httpGet: {{path: /healthz, port: http}}
            periodSeconds: 10
          env:
            - {{name: NUMBER, value: "{n}"}}
            - name: SETTING
              valueFrom: {{configMapKeyRef: {{name: settings-{n}, key: setting}}}}
""",
    """apiVersion: v1
kind: Service
metadata: {{name: web-{n}, namespace: ns-{space}}}
spec:
  selector: {{app: web-{n}}}
  ports: [{{name: http, port: 80, targetPort: http}}]
""",
    """apiVersion: v1
kind: ConfigMap
metadata: {{name: settings-{n}, namespace: ns-{space}}}
data:
  setting: "value {n}"
  file.conf: |
    a = {n}
    b = 2
""",
    """apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: web-{n}, namespace: ns-{space}}}
spec:
  podSelector: {{matchLabels: {{app: web-{n}}}}}
  policyTypes: [Ingress, Egress]
  ingress:
    - from: [{{namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: gateways}}}}}}]
      ports: [{{protocol: TCP, port: 8080}}]
  egress:
    - to: [{{ipBlock: {{cidr: 10.0.0.0/8}}}}]
""",
    """apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: web-{n}, namespace: ns-{space}}}
spec:
  parentRefs: [{{name: inference, namespace: gateways}}]
  hostnames: [web-{n}.example.com]
  rules:
    - matches: [{{path: {{type: PathPrefix, value: /v{n}}}}}]
      backendRefs: [{{name: web-{n}, port: 80}}]
""",
)


def corpus(count: int) -> str:
    """One text of `count` documents."""
    parts = (TEMPLATES[n % len(TEMPLATES)].format(n=n, space=n % 50) for n in range(count))
    return "---\n".join(parts)


def measure(count: int) -> None:
    """Validate `count` documents and print what it took."""
    text = corpus(count)
    start = time.process_time()
    from stackgen.manifest.yaml_in import parse
    from stackgen.schema.engine import validate
    from stackgen.schema.store import SchemaCatalog

    documents = parse(text, "corpus.yaml")
    read = time.process_time()
    schemas = SchemaCatalog()
    problems = sum(len(validate(d.data, catalog=schemas)) for d in documents)
    end = time.process_time()
    print(
        f"{len(documents)} documents, {len(text) // 1024} KiB, {problems} problems: "
        f"reading {read - start:.2f} s, validating {end - read:.2f} s of CPU (imports included)"
    )


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.schema_speed")
    parser.add_argument("documents", nargs="*", type=int, help="how many; default 1000 and 10000")
    parser.add_argument("--one", action="store_true", help="measure in this process")
    given = parser.parse_args(arguments)
    if given.one:
        measure(given.documents[0])
        return
    for count in given.documents or [1000, 10000]:
        command = [sys.executable, "-m", "benchmarks.schema_speed", "--one", str(count)]
        subprocess.run(command, check=True, cwd=os.path.dirname(os.path.dirname(__file__)) or ".")


if __name__ == "__main__":
    main(sys.argv[1:])
