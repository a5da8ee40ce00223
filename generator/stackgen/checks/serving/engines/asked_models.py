"""Models that requests of scripts ask for, and that no server has, by a slip."""

from __future__ import annotations

from collections.abc import Set

from stackgen.checks.context import Context
from stackgen.checks.serving.engine_runs import engine_runs
from stackgen.checks.serving.served_names import names_of_run
from stackgen.checks.serving.view import services
from stackgen.escape import visible
from stackgen.facts.shape import as_dict, plain, text
from stackgen.findings.model import Place, Severity, Violations, violation
from stackgen.manifest.resource import Bundle
from stackgen.spelling import nearest_model


def asked_models(context: Context, judged: Set[int] = frozenset()) -> Violations:
    """One finding for each request with almost the name of a server, which nothing else uses.

    judged: ids of requests whose server is known.
    """
    requests = [x for x in context.bundle.outside if x.kind == "Request" and id(x) not in judged]
    names = _names(context) if requests else set[str]()
    for one in requests:
        model = text(one.get("spec", "model"))
        close = nearest_model(model, sorted(names - {model})) if plain(model) else None
        if close and model not in names and not _used(context.bundle, model):
            yield violation(
                f'no server serves {visible(model)}; did you mean "{visible(close)}"?',
                Place(one, ("spec", "model")),
                severity=Severity.WARNING,
            )


def _names(context: Context) -> set[str]:
    """The names of all servers; empty where those of one are not known."""
    found = set[str]()
    for run in engine_runs(context):
        own = names_of_run(run, announced=True)
        if own is None:
            return set()
        found |= own
    for service in services(context):
        model = as_dict(service.own.get("model"))
        found.add(text(model.get("name")) or service.name)
    return found


def _used(bundle: Bundle, model: str) -> bool:
    """Whether a manifest has the name, such as one that a gateway or a proxy serves."""
    whole = bundle.part_of or bundle  # the server may be of another environment
    documents = (one.document for one in (*whole.objects, *whole.settings))
    sources = {id(one.source): one.source.text for one in documents if one is not None}
    return any(model in written for written in sources.values())
