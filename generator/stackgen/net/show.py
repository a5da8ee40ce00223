"""Connectivity maps and proofs as text, JSON, Mermaid, DOT and Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from stackgen.escape import dot, json_text, markdown, mermaid, visible
from stackgen.net import ports as p
from stackgen.net.addresses import Addresses
from stackgen.net.connections import Change, Connection, merged, rows
from stackgen.net.evaluate import Verdict
from stackgen.net.map import End, Map, map_of, ports_text
from stackgen.net.policies import Policy
from stackgen.net.ports import Ports
from stackgen.net.prove import Proof, reason
from stackgen.table import wrapped

_STYLES = {
    "outside": "fill:#fbefd5,stroke:#57606a,color:#1b1f24",
    "platform": "fill:#ececf0,stroke:#57606a,color:#1b1f24",
    "workload": "fill:#dcebfb,stroke:#57606a,color:#1b1f24",
}


def show_list(
    found: Iterable[Connection], form: str, known: Mapping[str, Addresses] | None = None
) -> str:
    """The map as text, json, mermaid, dot or svg; the text form has a line for each pair.

    The graphs show groups. known: names of addresses in them.
    """
    if form in ("mermaid", "dot", "svg"):
        shown = map_of(found, known)
        if form == "svg":
            from stackgen.net.svg import svg

            return svg(shown)
        return mermaid_graph(shown) if form == "mermaid" else _dot_graph(shown)
    lines = list(rows(merged(found)))
    if form == "json":
        return _json("connections", [
            {"source": s, "destination": d, "allowed": _list(a), "unknown": _list(u)}
            for s, d, a, u in lines
        ])  # fmt: skip
    return "".join(f"{visible(s)} => {visible(d)} : {ports_text(a, u)}\n" for s, d, a, u in lines)


def mermaid_graph(shown: Map) -> str:
    """The map as a Mermaid flowchart."""
    lines = ["flowchart LR"]
    lines += [f"  n{i}[{mermaid(_title(end))}]:::{end.kind}" for i, end in enumerate(shown.ends)]
    for arrow in shown.arrows:
        line = "-.->" if arrow.unknown else "-->"
        lines.append(f"  n{arrow.source} {line}|{mermaid(arrow.ports)}| n{arrow.destination}")
    styles = [f"  classDef {kind} {style}" for kind, style in _STYLES.items()]
    return "\n".join([*lines, *styles]) + "\n"


def _dot_graph(shown: Map) -> str:
    lines = ["digraph connections {", "  rankdir=LR;", "  node [shape=box];"]
    lines += [f"  n{i} [label={dot(_title(end))}];" for i, end in enumerate(shown.ends)]
    lines += [
        f"  n{one.source} -> n{one.destination} [label={dot(one.ports)}];" for one in shown.arrows
    ]
    return "\n".join([*lines, "}"]) + "\n"


def _title(end: End) -> str:
    notes = f" ({', '.join(end.notes)})" if end.notes else ""
    return ", ".join(end.heads) + notes


def show_changes(found: Iterable[Change], form: str) -> str:
    """What a reviewer reads: `-` ports that close, `+` ports that open."""
    found = list(found)
    if form == "json":
        return _json("changes", [
            {"source": c.source, "destination": c.destination,
             "gone": _list(c.gone), "new": _list(c.new)}
            for c in found
        ])  # fmt: skip
    lines = []
    for c in found:
        for sign, ports in (("-", c.gone), ("+", c.new)):
            if ports:
                ends = f"{visible(c.source)} => {visible(c.destination)}"
                lines.append(f"{sign} {ends} : {ports}\n")
    return "".join(lines)


def show_verdict(verdict: Verdict, ports: Ports) -> dict[str, str]:
    """Why, for both ends."""
    return {"egress": reason(verdict.egress, ports), "ingress": reason(verdict.ingress, ports)}


# -- proofs ----------------------------------------------------------------------------------


def prove_text(env: str, proofs: list[Proof]) -> str:
    """A line for each flow: whether it is as it should be, and which rules decide it."""
    good = sum(proof.holds for proof in proofs)
    unknown = sum(bool(proof.flow.unknown) for proof in proofs)
    more = f", {unknown} are unknown" if unknown else ""
    lines = [f"{env}: {good} of {len(proofs)} flows hold in both readings of ipBlock{more}"]
    for kind, word in (("needed", "open"), ("forbidden", "closed")):
        lines += ["", f"{kind}, {word}:"]
        for proof in proofs:
            if proof.flow.kind == kind:
                lines += _proof_lines(proof)
    return "\n".join(lines) + "\n"


_BELOW = " " * 9  # below the ends of a flow, which keep their line: scripts search for it


def _proof_lines(proof: Proof) -> list[str]:
    flow = proof.flow
    mark = "?   " if flow.unknown else "ok  " if proof.holds else "FAIL"
    ends = f"{visible(str(flow.source))} => {visible(str(flow.destination))}"
    lines = [f"{mark} {flow.id:<4}{ends} : {flow.ports}"]
    if flow.unknown:
        return [*lines, *wrapped(f"{visible(flow.reason)}; unknown: {flow.unknown}", lead=_BELOW)]
    lines += wrapped(f"{visible(flow.reason)}; {visible(_why(proof))}", lead=_BELOW)
    if not proof.holds:
        word = "not certainly open" if flow.kind == "needed" else "not certainly closed"
        text = f"{word}: {proof.wrong} (where {_READING[proof.reading.value]})"
        lines += wrapped(text, lead=_BELOW)
    return lines


_READING = {
    "identities": "an ipBlock never means Pods",
    "addresses": "an ipBlock means Pods by their addresses",
}


def _why(proof: Proof) -> str:
    """The deciding side alone for closed flows, both sides for open ones."""
    verdict, ports = proof.verdict, proof.flow.ports
    if not p.intersect(verdict.possible, ports):
        sides = (("egress", verdict.egress), ("ingress", verdict.ingress))
        closed = [(n, s) for n, s in sides if not p.intersect(s.possible, ports)]
        if closed:
            return ", ".join(f"{name}: {reason(side, ports)}" for name, side in closed)
    found = show_verdict(verdict, ports)
    return f"egress: {found['egress']}, ingress: {found['ingress']}"


def prove_markdown(proofs: Iterable[Proof]) -> str:
    """A table of the proofs."""
    lines = ["| | flow | from | to | ports | why | decided by |", "|---|---|---|---|---|---|---|"]
    for proof in proofs:
        flow = proof.flow
        word = "open" if flow.kind == "needed" else "closed"
        cells = [
            "**unknown**" if flow.unknown else word if proof.holds else f"**not {word}**", flow.id,
            *map(markdown, (str(flow.source), str(flow.destination), str(flow.ports))),
            *map(markdown, (flow.reason, _why(proof))),
        ]  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def prove_json(proofs: dict[str, list[Proof]]) -> str:
    """Every proof by environment."""
    found = [{"env": env, "flows": [_proof(x) for x in of_env]} for env, of_env in proofs.items()]
    return _json("environments", found)


def _proof(proof: Proof) -> dict[str, object]:
    flow = proof.flow
    return {
        "flow": flow.id,
        "kind": flow.kind,
        "source": str(flow.source),
        "destination": str(flow.destination),
        "ports": _list(flow.ports),
        "reason": flow.reason,
        "holds": proof.holds,
        "unknown": flow.unknown,
        "wrong": _list(proof.wrong),
        "reading": proof.reading.value,
        "decidedBy": show_verdict(proof.verdict, flow.ports),
        "policies": sorted({_identity(x) for x in _policies(proof)}),
    }


def _policies(proof: Proof) -> list[Policy]:
    sides = (proof.verdict.egress, proof.verdict.ingress)
    return [x for s in sides for x in (*(d.policy for d in s.deciders), *s.isolated_by)]


def _identity(policy: Policy) -> str:
    return f"{policy.resource.kind}/{policy.namespace}/{policy.resource.name}"


def _list(ports: Ports) -> dict[str, list[str]]:
    return {
        protocol: [f"{a}" if a == b else f"{a}-{b}" for a, b in ports.of(protocol)]
        for protocol in p.PROTOCOLS
        if ports.of(protocol)
    }


def _json(name: str, value: object) -> str:
    return json_text({"version": 1, name: value}) + "\n"
