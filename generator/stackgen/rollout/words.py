"""A rollout in sentences, the same in findings and in every output."""

from __future__ import annotations

from stackgen.net.flows import Flow
from stackgen.rollout.durations import words
from stackgen.rollout.kinds import REQUEUE
from stackgen.rollout.model import Blocked, Key, Moment, Rollout, Slow, Unmet, key_of
from stackgen.wording import few


def cause(blocked: Blocked) -> str:
    """What keeps the object from being ready, without the object itself."""
    last = blocked.cause
    return _cause(last) + _held_by(blocked)


def said(blocked: Blocked) -> str:
    """The whole: the object, the cause, and what follows for other steps."""
    about = blocked.chain[0].resource
    subject = str(key_of(about)) if blocked.key == key_of(about) else str(blocked.key)
    via = [f"{key_of(one.by)}" for one in blocked.chain[:-1] if one.by is not None]
    through = f" (through {', '.join(via)})" if via else ""
    return f"{subject} never becomes ready{through}: {cause(blocked)}"


def held_text(blocked: Blocked) -> str:
    """The steps that are held back, as the end of a sentence; empty for none."""
    return f"; held back: {', '.join(blocked.holds)}" if blocked.holds else ""


def _cause(unmet: Unmet) -> str:
    need = unmet.need
    if need.kind == "quota":
        until = f" until the step {unmet.step} changes it" if unmet.step else ""
        return f"it requests {need.text}{until}"
    if unmet.why == "never":
        return f"it needs {need.text}"
    if need.flow is not None:
        return f"{flow_text(need.flow)} is denied"
    if unmet.why == "later":
        by = f"the step {unmet.step}" if unmet.step else "no step"
        return f"it needs {need.text}, which {by} applies"
    if unmet.why == "missing":
        return f"it needs {need.text}, which no step creates"
    return f"it needs {need.text}, which is not ready"


def _held_by(blocked: Blocked) -> str:
    last = blocked.cause
    name = blocked.step.name
    if last.need.flow is not None:
        if not last.step:
            return ", and no policy allows it"
        by = f"{key_of(last.by).title} of " if last.by is not None else ""
        return f" until {by}the step {last.step} is applied, which waits for {name}"
    if last.why == "later" and last.step == name:
        return " as well: if one object is rejected, the engine applies no object of the step"
    if last.why == "later" and last.step:
        return f", which waits for {name}"
    return ""


def flow_text(flow: Flow) -> str:
    """A connection: from, to, and the ports."""
    return f"{flow.source} to {flow.destination} on {flow.ports}"


def away_texts(found: Rollout) -> list[str]:
    """What is away for the same reason between the same steps, as one text."""
    together: dict[tuple[str, str, str], list[str]] = {}
    for one in found.away:
        together.setdefault((one.since, one.until, one.why), []).append(one.what)
    return [
        f"{few(names)}: {why}, "
        + (f"in {since}" if since == until else f"from {since} to {until or 'the end'}")
        for (since, until, why), names in together.items()
    ]


def slow_texts(found: Rollout) -> list[str]:
    """The servers that may start for longer than their step waits, by step and by time."""
    together: dict[tuple[str, int], list[Slow]] = {}
    for one in found.slow:
        together.setdefault((one.step.name, one.seconds), []).append(one)
    texts = []
    for (name, longest), some in together.items():
        step = some[0].step
        held = [one.step.name for one in found.moments if name in one.step.after]
        waits = f"; {few(held)} wait{'s' * (len(held) == 1)} for it" if held else ""
        texts.append(
            f"{few([one.key.title for one in some])}: the probes allow {words(longest)} for a "
            f"start, and the step {name} waits {words(step.timeout)}. Flux then reports it as "
            f"failed, and tries again after {words(step.retry)}{waits}"
        )
    return texts


def summary(found: Rollout) -> str:
    """One line: which steps change something, when the last begins, and the longest wait."""
    steps = [one for one in found.moments if changed(one)]
    longest = max((one.step.timeout for one in steps if awaited(one)), default=0)
    most = f"; the longest wait is {words(longest)}" if longest else ""
    start = max((one.seconds for one in found.slow), default=0)
    most += f", and a server may start for {words(start)}" if start else ""
    if not steps:
        return f"{found.delivery}: {', '.join(name for name, _ in found.vanished)} removed"
    names = few([one.step.name for one in steps])
    return (
        f"{found.delivery}: changes in {len(steps)} of {len(found.moments)} steps ({names}); "
        f"the last begins {words(found.seconds)} after the commit{most}"
    )


def duration_text(found: Rollout) -> str:
    """How long a change takes from the commit to its last step."""
    return (
        f"The last step of the change begins {words(found.seconds)} after the commit if every "
        "earlier step becomes ready immediately. The waits are added to that." + _usual(found)
    )


def _usual(found: Rollout) -> str:
    """What the time is without the arguments that bootstrap sets."""
    if found.usual_seconds == found.seconds:
        return ""
    return (
        f" Without the argument {REQUEUE} that `stackgen bootstrap` sets it is "
        f"{words(found.usual_seconds)}."
    )


def changed(moment: Moment) -> list[Key]:
    """The objects of a step that are created, changed or removed."""
    return [key for key, change in moment.changes if change != "unchanged"] + list(moment.pruned)


def awaited(moment: Moment) -> list[str]:
    """What a step waits for: objects that change, and what controllers run. Objects that
    are ready as soon as they are applied are left out.
    """
    own = {key for key, _ in moment.changes}
    news = set(changed(moment))
    return [
        gate.key.title for gate in moment.step.gates
        if gate.condition and (gate.key in news or (news and gate.key not in own))
    ]  # fmt: skip
