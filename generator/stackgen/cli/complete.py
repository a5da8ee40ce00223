"""What a shell offers while a command is typed: environments, rules, releases, fields."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def environments(context: click.Context, parameter: click.Parameter, text: str) -> list[str]:
    """The overlays of the stack in the folder of -C."""
    from stackgen.errors import UsageError
    from stackgen.spec.overlays import overlays

    try:
        return _beginning(text, overlays(context.params.get("directory") or "."))
    except UsageError:
        return []


def rules(context: click.Context, parameter: click.Parameter, text: str) -> list[CompletionItem]:
    """Rules and families; after a comma, a further one."""
    from click.shell_completion import CompletionItem

    from stackgen.findings.model import FAMILIES
    from stackgen.findings.rules import all_rules

    done, comma, last = text.rpartition(",")
    names = [CompletionItem(done + comma + name) for name in FAMILIES if name.startswith(last)]
    return names + [
        CompletionItem(done + comma + name, help=rule.summary)
        for name, rule in sorted(all_rules().items())
        if name.startswith(last)
    ]


def releases(context: click.Context, parameter: click.Parameter, text: str) -> list[str]:
    """The release rows: those of the catalog."""
    from stackgen.catalog.load import Catalog

    return _beginning(text, Catalog().names("release"))


def explained(
    context: click.Context, parameter: click.Parameter, text: str
) -> list[str] | list[CompletionItem]:
    """What `explain` takes: rules, runbooks and fields of the spec."""
    from click.shell_completion import CompletionItem

    from stackgen.diagnose.runbooks import runbooks

    if text.startswith("spec."):
        return _beginning(text, _fields())
    books = map(CompletionItem, _beginning(text, runbooks()))
    return [*rules(context, parameter, text), *books]


def paths(context: click.Context, parameter: click.Parameter, text: str) -> list[CompletionItem]:
    """Files and folders, by the shell itself."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(text, type="file")]


def places(
    context: click.Context, parameter: click.Parameter, text: str
) -> list[str] | list[CompletionItem]:
    """What `trace` and `impact` take: a field of the spec, or a file."""
    if text.startswith("spec."):
        return _beginning(text, _fields())
    return paths(context, parameter, text)


def outputs(context: click.Context, parameter: click.Parameter, text: str) -> list[str]:
    """The schemas of what commands print."""
    from stackgen.report.output_schemas import commands

    return _beginning(text, commands())


def rows(context: click.Context, parameter: click.Parameter, text: str) -> list[str]:
    """The names of the rows of a kind, for `catalog show`."""
    from stackgen.catalog.load import Catalog
    from stackgen.cli.catalog import KINDS

    return _beginning(text, Catalog().names(KINDS[context.params["kind"]]))


def _fields() -> list[str]:
    """The paths of all fields of the spec, without indexes."""
    from stackgen.report.field_text import fields
    from stackgen.spec.fields import shipped_schema

    return [field.path.replace("[]", "") for field in fields(shipped_schema())]


def models(context: click.Context, parameter: click.Parameter, text: str) -> list[str]:
    """The models of the catalog."""
    from stackgen.catalog.load import Catalog

    return _beginning(text, Catalog().names("model"))


def accelerators(context: click.Context, parameter: click.Parameter, text: str) -> list[str]:
    """The accelerators of the catalog."""
    from stackgen.catalog.load import Catalog

    return _beginning(text, Catalog().names("accelerator"))


def zones(context: click.Context, parameter: click.Parameter, text: str) -> list[str]:
    """The zones of Google Cloud."""
    from stackgen.catalog.load import Catalog

    rows = Catalog().rows("region")
    return _beginning(text, sorted(zone for row in rows for zone in row.data["zones"]))


def patterns(context: click.Context, parameter: click.Parameter, text: str) -> list[str]:
    """The examples of the platform that is named."""
    from stackgen.starter.patterns import of_platform

    return _beginning(text, of_platform(context.params.get("platform") or "xks"))


def _beginning(text: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(text)]
