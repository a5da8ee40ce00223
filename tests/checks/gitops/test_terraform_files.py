"""Values of variables that no file declares."""

from pathlib import Path

from stackgen.checks.gitops.terraform_files import findings
from stackgen.manifest.document import Source

MAIN = """variable "node_count" {}
resource "google_container_cluster" "models" {
  initial_node_count = var.node_count
}
"""


def test_a_value_without_a_variable(tmp_path: Path) -> None:
    given = 'nodes_count = 4\nsize = "large"\n'
    files = {"main.tf": MAIN, "terraform.tfvars": given, "good.tfvars": "node_count = 4\n"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    found = list(findings([Source(str(tmp_path / name), text) for name, text in files.items()]))
    said = [(one.level.name, one.message.partition(";")[0]) for one in found]
    assert said == [
        ("WARNING", "no file of this folder declares the variable nodes_count and 1 more")
    ]
