"""Runbooks and diagnoses, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stackgen.diagnose.expected import Comparison
from stackgen.diagnose.match import Diagnosis
from stackgen.diagnose.observations import Observation
from stackgen.diagnose.runbooks import Runbook
from stackgen.escape import visible
from stackgen.manifest.document import show_path
from stackgen.manifest.resource import Resource
from stackgen.manifest.secret_text import masked
from stackgen.redact import redact
from stackgen.report.style import Style
from stackgen.table import wrapped
from stackgen.wording import few

_PODS = 10  # Pods that are listed
SHOWN = 5  # observations of one page; the others are counted
_LONGEST = 300  # characters of one message


def runbook_text(page: Runbook, style: Style) -> str:
    """The page: its sections, with commands as they are."""
    lines = [f"{style.paint('bold', page.id)}: {page.summary}"]
    for title, text in page.sections.items():
        if title:
            lines += ["", style.paint("bold", title), *_section(text, style)]
    lines += ["", style.paint("bold", "Sources")]
    for source in page.sources:
        told = f"{source['what']} (read {source['as_of']})"
        lines += wrapped(told, style.width, "  ", "    ")
    return "\n".join(lines) + "\n"


def diagnosis_text(
    found: Sequence[Diagnosis], pods: Sequence[tuple[str, str]], style: Style
) -> str:
    """The pages, each with what it was recognized by. pods: those that are not ready, and why."""
    lines: list[str] = [] if found else ["no runbook matches what the bundle shows"]
    for one in found:
        lines += [f"{style.paint('error', one.page.id)}: {one.page.summary}"]
        lines += [f"  {_seen(observation)}" for observation in one.evidence[:SHOWN]]
        more = len(one.evidence) - SHOWN
        lines += [f"  and {more} more"] if more > 0 else []
        if one.after:
            lines += [f"  possibly a consequence of {', '.join(one.after)}"]
        lines += [f"  runbook: stackgen explain {one.page.id}", ""]
    if pods:
        more = len(pods) - _PODS
        lines += ["Pods that are not ready:"]
        lines += [f"  {visible(name)}: {visible(why)}" for name, why in pods[:_PODS]]
        lines += [f"  and {more} more"] if more > 0 else []
    return "\n".join(lines).rstrip("\n") + "\n"


def comparison_text(compared: Comparison) -> str:
    """What a cluster lacks of a stack, and which fields differ: paths, and no values."""
    lines = []
    for one in compared.missing:
        made = f"; {one.maker}" if one.maker else ""
        lines.append(visible(f"missing: {_called(one.resource)}{made}"))
    for resource, paths in compared.drift:
        shown = few(map(show_path, paths), SHOWN)
        lines.append(visible(f"differs from the render: {_called(resource)}: {shown}"))
    if compared.unknown:
        lines.append(f"not in the bundle, so unknown: {', '.join(compared.unknown)}")
    return "".join(f"{line}\n" for line in lines)


def _called(one: Resource) -> str:
    return f"{one.kind} {one.namespace}/{one.name}" if one.namespace else f"{one.kind} {one.name}"


def _seen(one: Observation) -> str:
    """An observation on one line, without secrets."""
    about = f"{one.kind}/{one.name}" if one.kind else one.name
    said = " ".join(part for part in (one.type, one.status, one.reason) if part)
    start = ": ".join(part for part in (about, said) if part)
    message = masked(one.message)[:_LONGEST]
    text = f"{start}: {message}" if start and message else start or message
    where = f"{one.file}:{one.line}" if one.line else one.file
    return visible(redact(f"{where}: {one.source}: {text}"))


def _section(text: str, style: Style) -> Iterator[str]:
    """Paragraphs and lists are wrapped; code is indented."""
    code, kept = False, list[str]()
    for line in [*text.splitlines(), ""]:
        if line.startswith("```"):
            yield from _wrapped(kept, style)
            code, kept = not code, []
        elif code:
            yield f"    {line}"
        elif not line or line.startswith("- "):
            yield from _wrapped(kept, style)
            kept = [line]
        else:
            kept.append(line)


def _wrapped(lines: list[str], style: Style) -> list[str]:
    text = " ".join(" ".join(lines).split())
    hanging = "    " if text.startswith("- ") else "  "
    return wrapped(text, style.width, "  ", hanging)
