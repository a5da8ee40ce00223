"""Credentials in scripts and in values of Terraform."""

import pytest

from stackgen.checks.policy.script_secrets import findings
from stackgen.manifest.document import Source

TOKEN = "hf" + "_QwErTyUiOpAsDfGhJkLzXcVbNmQwErTyUi"


def found(name: str, text: str) -> list[tuple[str, str]]:
    return [(one.level.name, one.message) for one in findings([Source(name, text)])]


def test_a_token_and_a_password() -> None:
    assert found("a.sh", f"export HF_TOKEN={TOKEN}\n") == [
        ("ERROR", "the value looks like a Hugging Face token")
    ]
    said = [("WARNING", "the value of db-password is written out")]
    assert (
        found("a.sh", "kubectl create secret generic a --from-literal=db-password=Ahoy77x") == said
    )
    assert found("a.tfvars", 'db_password = "Ahoy77x"\n') == [
        ("WARNING", "the value of db_password is written out")
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.sh", "export HF_TOKEN=hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"),
        ("a.sh", "kubectl create secret generic a --from-literal=token=$HF_TOKEN\n"),
        ("a.sh", 'kubectl create secret generic a --from-literal=token="your-token"\n'),
        ("a.sh", "kubectl create configmap a --from-literal=region=europe-west4\n"),
        ("a.tfvars", 'hf_secret = "hf-token-prod"\n'),
        ("example.tfvars", 'db_password = "Ahoy77x"\n'),
    ],
)
def test_what_is_no_credential(name: str, text: str) -> None:
    assert not found(name, text)
