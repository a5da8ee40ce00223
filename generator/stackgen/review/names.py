"""What clients can ask a model server for: names of models, and the length of a request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stackgen.facts.lora_modules import listed, modules
from stackgen.facts.shape import at, maps, number, plain, text
from stackgen.facts.workloads import Workload
from stackgen.manifest.resource import Resource
from stackgen.platforms.registry import prediction_of
from stackgen.review.model import Consequence
from stackgen.review.risks import consequence
from stackgen.review.serving import Servers
from stackgen.wording import few

_REWRITES = ("llm-d.ai", "inference.networking.x-k8s.io")
_MOST = 0.5  # of the requests for an alias
_Shares = Mapping[str, float]


def of_names(
    old: Resource, new: Resource, before: Servers, after: Servers
) -> Iterator[Consequence]:
    """Names that no server of the object has any more, and no alias gives to one that it has."""
    was, now = _served(old, before), _served(new, after)
    loaded, left = _adapters(old, before), _adapters(new, after)
    answers = now | left
    answers |= {
        name
        for rewrite in after.side.objects
        if _is_rewrite(rewrite) and rewrite.namespace == new.namespace
        for name, shares in _aliases(rewrite).items()
        if any(shares[one] and one in answers for one in shares)
    }
    if was and now and was - answers:
        yield consequence("served-name", names=few(sorted(was - answers)), new=few(sorted(now)))
    if loaded - answers:
        yield consequence("adapter-gone", names=few(sorted(loaded - answers)))


def of_context(
    old: Resource, new: Resource, before: Servers, after: Servers
) -> Iterator[Consequence]:
    """Servers that take shorter requests than before."""
    running = {w.part: _longest(w, before) for w in before.of(old)}
    for workload in after.of(new):
        was, now = running.get(workload.part), _longest(workload, after)
        if was is not None and now is not None and now < was:
            yield consequence("context-shorter", old=str(was), new=str(now))


def of_rewrite(
    old: Resource | None, new: Resource | None, before: Servers, after: Servers
) -> Iterator[Consequence]:
    """Aliases that come, go, or get their answers from other models."""
    resource = new or old
    if resource is None or not _is_rewrite(resource):
        return
    was, now = _aliases(old), _aliases(new)
    gone, come = [], []
    for name in sorted({*was, *now}):
        targets = {*was.get(name, ()), *now.get(name, ())}
        shares, later = (
            found.get(name) or ({name: 1.0} if _answered(name, targets, resource, servers) else {})
            for found, servers in ((was, before), (now, after))
        )
        if not later:
            gone.append(name)
        elif not shares:
            come.append(name)
        else:
            yield from _moved(name, shares, later)
    if gone:
        yield consequence("alias-gone", names=few(gone))
    if come:
        yield consequence("alias-new", names=few(come))


def _moved(name: str, was: _Shares, now: _Shares) -> Iterator[Consequence]:
    """The requests for an alias that other targets get."""
    ends = {one: (was.get(one, 0.0), now.get(one, 0.0)) for one in (*was, *now)}
    share = sum(max(0.0, later - earlier) for earlier, later in ends.values())
    if share < 1e-6:
        return
    untried = sum(later for earlier, later in ends.values() if not earlier)
    what = few(f"{one} {_percent(a)} -> {_percent(b)}" for one, (a, b) in ends.items() if a != b)
    row = "alias-moves-to-new" if untried >= _MOST else "alias-moves"
    yield consequence(row, share=_percent(share), alias=name, what=what)


def _percent(share: float) -> str:
    return f"{100 * share:.3g}%"


def _is_rewrite(resource: Resource) -> bool:
    return resource.kind == "InferenceModelRewrite" and resource.group in _REWRITES


def _aliases(rewrite: Resource | None) -> dict[str, dict[str, float]]:
    """Each name that is replaced, and the share of its requests that each target gets."""
    found: dict[str, dict[str, float]] = {}
    for _, rule in maps(rewrite.get("spec", "rules")) if rewrite is not None else ():
        targets = [one for _, one in maps(rule.get("targets"))]
        weighted = any(one.get("weight") is not None for one in targets)
        weights: dict[str, float] = {}
        for one in targets:
            weight = (number(one.get("weight")) or 0) if weighted else 1
            target = text(one.get("modelRewrite"))
            weights[target] = weights.get(target, 0) + weight
        total = sum(weights.values())
        shares = {target: weight / total for target, weight in weights.items()} if total else {}
        for _, match in maps(rule.get("matches")):
            found.setdefault(text(at(match, "model", "value")), shares)
    return found


def _answered(name: str, targets: set[str], rewrite: Resource, servers: Servers) -> bool:
    """Whether the servers of some targets have a model of this name themselves."""
    for resource in {id(w.resource): w.resource for w in servers.view.workloads}.values():
        if resource.namespace == rewrite.namespace:
            names = _served(resource, servers) | _adapters(resource, servers)
            if name in names and (targets & names):
                return True
    return False


def _served(resource: Resource, servers: Servers) -> set[str]:
    """The names that the servers of an object give the model; empty when that is not known."""
    found: set[str] = set()
    workloads = servers.of(resource)
    if not workloads and prediction_of(resource) is not None:  # servers that use no accelerator
        return {text(resource.get("spec", "model", "name")) or resource.name}
    for workload in workloads:
        line = workload.server.line if workload.server is not None else None
        given = line.several("served-model-name") if line is not None else ()
        known = {flag.value for flag in given if flag.value and plain(flag.value)}
        if workload.service is not None and not known:
            beside = workload.service.model[:-1]
            known = {text(resource.get(*beside, "name")) or resource.name}
        elif line is not None and line.complete and not given:
            model_flags = (line.model, line.flags.get("model"))
            known = {flag.value for flag in model_flags if flag is not None and flag.value}
        if line is not None and not known:
            return set()
        found |= known
    return found


def _adapters(resource: Resource, servers: Servers) -> set[str]:
    lines = [w.server.line for w in servers.of(resource) if w.server is not None]
    found = {one.name for line in lines for one in modules(line)}
    return (found | {one.name for one in listed(resource)}) - {""}


def _longest(workload: Workload, servers: Servers) -> int | None:
    """Tokens of the longest request; None when that is not known."""
    if workload.server is None:
        return None
    model = servers.view.model(workload)
    usual = model.integer("max_context") if model is not None else None
    return workload.server.line.number("max-model-len", usual)
