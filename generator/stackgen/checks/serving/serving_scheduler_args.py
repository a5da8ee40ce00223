"""Arguments that take the place of what the scheduler needs."""

from __future__ import annotations

from collections.abc import Iterator

from stackgen.checks.context import Context
from stackgen.checks.serving.view import MAIN, view
from stackgen.findings.model import Finding, Rule, Severity
from stackgen.kserve.shape import listing, named

RULE = Rule(
    id="serving-scheduler-args",
    family="serving",
    severity=Severity.ERROR,
    summary="The scheduler's args replace all of the preset's, and lack what it cannot do without.",
    impact=(
        "The endpoint picker does not find its pool, serves without its certificate, or ignores "
        "the configuration."
    ),
    remedy="Repeat the flags of the preset, and give --config-text and its text as two items.",
    source=(
        "KServe release-v0.15 config-llm-scheduler.yaml and scheduler.go: args are replaced as "
        "a whole"
    ),
    bad="""\
# release: llm-d-infra-xks-0.15
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  router:
    route: {}
    scheduler: {template: {containers: [{name: main, args: [--v=4]}]}}
""",
    good="""\
# release: llm-d-infra-xks-0.15
apiVersion: serving.kserve.io/v1alpha1
kind: LLMInferenceService
metadata: {name: qwen, namespace: serving}
spec:
  model: {uri: hf://Qwen/Qwen3-0.6B, name: qwen}
  router:
    route: {}
    scheduler: {template: {containers: [{name: main, env: [{name: LOG, value: debug}]}]}}
""",
)


_NEEDED = ("pool-name", "secure-serving", "cert-path")


def check(context: Context) -> Iterator[Finding]:
    """Judged for releases whose preset runs the picker by args alone."""
    seen = view(context)
    if seen.newest.args != "script":
        return
    for service in seen.subjects:
        where = ("spec", "router", "scheduler", "template", "containers")
        found = named(service.resource.get(*where), MAIN)
        if found is None or not listing(found[1].get("args")):
            continue
        args = [a for a in found[1]["args"] if isinstance(a, str)]
        given = {a.lstrip("-").partition("=")[0].lower() for a in args if a.startswith("-")}
        given |= {a.replace("-", "") for a in given}
        missing = [n for n in _NEEDED if n not in given and n.replace("-", "") not in given]
        place = service.place(*where, found[0], "args")
        if missing:
            flags = ", ".join(f"--{name}" for name in missing)
            yield RULE.finding(f"these args replace the preset's and lack {flags}", place)
        for i, arg in enumerate(args):
            if arg.startswith(("--config-text=", "--config-file=")):
                yield RULE.finding(
                    f"{arg.partition('=')[0]} and its value must be two items: "
                    "the controller looks for the flag alone, and adds its default configuration",
                    service.place(*where, found[0], "args", i),
                )
