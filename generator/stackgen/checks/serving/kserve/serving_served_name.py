"""A server that answers to another model name than the spec says."""

from __future__ import annotations

from stackgen.checks.context import Context
from stackgen.checks.serving.view import Part, services
from stackgen.facts.command_line import CommandLine
from stackgen.facts.shape import as_dict, as_list, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.regex import regex

# What KServe fills in with the name of the service.
_TEMPLATE = regex(r"(?:--served-model-name=)?\{\{-?\s*(?:\.ObjectMeta)?\.Name\s*-?\}\}")


def check(context: Context) -> Violations:
    """Servers that the user starts: no served name, or one that is not the announced one."""
    for service in services(context):
        announced = text(as_dict(service.own.get("model")).get("name")) or service.name
        for part in service.parts():
            line = part.line()
            if not line.vllm or part.path[-1] == "worker":
                continue
            flag = line.flags.get("served-model-name")
            if flag is None:
                if line.complete and _model(line) != announced:
                    yield violation(
                        f"vLLM starts without --served-model-name: it serves the model as "
                        f"{_model(line) or 'by its own default'}, not {announced}",
                        Place(service.resource, line.path),
                        service.place("spec", "model", "name", note="the announced name"),
                    )
                continue
            written = _TEMPLATE.fullmatch(text(service.resource.get(*flag.path)))
            value = service.name if flag.value is None and written else flag.value
            if value and plain(value) and plain(announced):
                names = value.split()
                # The flag takes several names; the reader of command lines keeps the first.
                if announced not in names and line.complete and not _in_command(part, announced):
                    yield violation(
                        f"vLLM serves {value}; the service announces {announced}",
                        Place(service.resource, flag.path),
                        service.place("spec", "model", "name", note="the announced name"),
                    )


def _in_command(part: Part, name: str) -> bool:
    """The name stands among the words of the command line."""
    main = part.main()
    words = [*as_list(main[1].get("args")), *as_list(main[1].get("command"))] if main else []
    return any(isinstance(w, str) and name in w.replace(",", " ").split() for w in words)


def _model(line: CommandLine) -> str:
    given = line.flags.get("model") or line.model
    return (given.value or "") if given is not None else ""
