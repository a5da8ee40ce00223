"""Manifests in pages of Markdown, on the lines on which they stand."""

from __future__ import annotations

from stackgen.manifest.guides import commands, manifests
from stackgen.manifest.yaml_in import parse

PAGE = """# Set up

1. Create the account:

   ```yaml
   apiVersion: v1
   kind: ServiceAccount
   metadata: {name: first}
   ---
   apiVersion: v1
   kind: ServiceAccount
   metadata: {name: second}
   ```

~~~bash
SPACE=models
kubectl apply -f - <<EOT
apiVersion: v1
kind: ServiceAccount
metadata: {name: third, namespace: $SPACE}
EOT
~~~

```yaml
spec: {replicas: 2}
```

```json
{"apiVersion": "v1", "kind": "Pod"}
```
"""


def test_blocks_and_here_documents_stand_on_their_lines() -> None:
    found = [one for one in parse(manifests(PAGE), "README.md") if one.data]
    lines = [mark.line for one in found if (mark := one.mark(("kind",)))]
    assert [PAGE.split("\n")[line - 1].strip() for line in lines] == 3 * ["kind: ServiceAccount"]
    assert [one.data["metadata"]["name"] for one in found] == ["first", "second", "third"]
    assert found[2].data["metadata"]["namespace"] == "models"


def test_a_page_without_an_object_has_none() -> None:
    assert not manifests("apiVersion: v1, kind: Pod\n```yaml\nspec: {}\n```\n")
    assert not manifests("```yaml\napiVersion: v1\nkind: Pod\n")  # the block does not end


def test_commands_stand_on_their_lines() -> None:
    found = commands(PAGE).split("\n")
    lines = PAGE.split("\n")
    where = [i for i, line in enumerate(found) if line]
    assert where == list(range(lines.index("SPACE=models"), lines.index("EOT") + 1))


def test_blocks_without_a_language_and_prompts() -> None:
    page = "```\n$ kubectl get pods\n```\n\n```yaml\nkubectl: x\n```\n"
    assert commands(page).split("\n")[1] == "  kubectl get pods"
    assert "x" not in commands(page)
    assert not commands("kubectl get pods\n")
