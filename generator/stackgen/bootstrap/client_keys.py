"""How API keys of clients come to be: random values, of which no file of the repository has one."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.bootstrap.script import command
from stackgen.escape import shell_word
from stackgen.origin import Origin, flatten
from stackgen.plan.access import by_kuadrant
from stackgen.plan.api_keys import entry_of, marks, namespace_of
from stackgen.plan.model import Plan
from stackgen.record import record

# 256 bits. The words of a shell that prints them.
NEW_KEY = "openssl rand -hex 32 | tr -d '\\n'"
_ORIGIN = Origin("rule", "bootstrap/keys", "labels and annotations")


@record
class ClientKey:
    """The Secret of a client, its namespace, the entry with the key, and what marks it."""

    name: str
    namespace: str
    entry: str
    labels: tuple[str, ...]
    annotations: tuple[str, ...]


def client_keys(plan: Plan) -> Iterator[ClientKey]:
    """Each client of the spec. Without Kuadrant, nothing reads labels of its Secret."""
    for key in plan.stack.spec.gateway.authentication.apiKeys:
        words: dict[str, tuple[str, ...]] = {"labels": (), "annotations": ()}
        if by_kuadrant(plan.stack.spec).value:
            found = flatten(marks(plan, key), _ORIGIN).data
            words = {k: tuple(f"{name}={v}" for name, v in found[k].items()) for k in words}
        yield ClientKey(
            str(key.secret.value), str(namespace_of(plan).value), str(entry_of(plan, key).value),
            words["labels"], words["annotations"],
        )  # fmt: skip


def made(key: ClientKey, space: str = "") -> list[str]:
    """Lines that create the Secret in a namespace, unless it exists, and mark it."""
    space = space or key.namespace
    there = ("secret", key.name, "--namespace", space)
    look = command("kubectl", "get", *there)
    create = command("kubectl", "create", "secret", "generic", key.name, "--namespace", space)
    lines = [f"exists {look} ||", f"  {create} --from-file={shell_word(key.entry)}=<({NEW_KEY})"]
    for verb, words in (("label", key.labels), ("annotate", key.annotations)):
        if words and space == key.namespace:
            lines.append(command("kubectl", verb, "--overwrite", *there, *words))
    return lines
