"""The commands of Makefiles, as a shell script."""

from __future__ import annotations

from stackgen.machines.made import made_by
from stackgen.manifest.document import Source

TEXT = """\
NAMESPACE ?= models  # of the servers
CHARTS = charts
FILES = a.yaml \\
  kubectl apply -f no-command.yaml

install: cluster ## helm install is a comment here
\t@helm upgrade --install qwen ./$(CHARTS)/server \\
\t  -n $(NAMESPACE) -f env/prod.yaml
\t-kubectl create secret generic hf --from-literal=token=$$TOKEN -n $(NAMESPACE)
"""


def test_recipes_are_commands() -> None:
    install, secret = made_by([Source("Makefile", TEXT)])
    assert (install.kind, install.name, install.namespace) == ("HelmInstall", "qwen", "models")
    assert install.get("spec", "path") == "./charts/server"
    assert install.get("spec", "files") == ["env/prod.yaml"]
    assert (secret.kind, secret.name, secret.namespace) == ("Secret", "hf", "models")
    assert secret.get("data") == {"token": ""}
    assert secret.document is not None
    mark = secret.document.marks().at(())
    assert mark is not None and mark.line == 9
