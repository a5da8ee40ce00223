"""`stackgen net`: what may talk to what, by the network policies."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from stackgen.cli import complete
from stackgen.cli.option import one_of, option
from stackgen.cli.output import notes, read_notes, say
from stackgen.cli.stack_options import DIRECTORY, ENVIRONMENTS, environment
from stackgen.digits import to_int
from stackgen.errors import UsageError
from stackgen.escape import visible
from stackgen.wording import few

if TYPE_CHECKING:
    from stackgen.manifest.resource import Bundle
    from stackgen.net.evaluate import Reading
    from stackgen.net.model import Endpoint, World
    from stackgen.net.policies import Policy
    from stackgen.net.ports import Ports
    from stackgen.net.profile import Profile


@click.group()
def net() -> None:
    """Show and prove which connections the network policies allow.

    \b
    stackgen net list DIR             every open connection
    stackgen net query FROM TO DIR    one pair, and the rules that decide
    stackgen net diff OLD NEW         connections that open or close
    stackgen net prove                prove the stack in this folder
    stackgen net prove DIR            prove what workloads need

    Without FILE, DIR or -, the commands read the stack in the current folder. Services of KServe
    and Gateways of Istio represent the Pods that their controllers create.
    """


_env = environment("Environment of the stack.")
_reading = one_of(
    "--ip-blocks",
    ("identities", "addresses"),
    "identities: an ipBlock does not select Pods (Dataplane V2). addresses: it does (Calico).",
)


@net.command("list")
@click.argument("paths", nargs=-1, metavar="[FILE|DIR|-]...", shell_complete=complete.paths)
@_env
@DIRECTORY
@_reading
@one_of(
    "--output-format",
    ("text", "json", "mermaid", "dot", "svg"),
    "Text, JSON, a graph (mermaid, dot) or an image (svg).",
)
def list_(
    paths: tuple[str, ...], env: str, directory: str, ip_blocks: str, output_format: str
) -> None:
    """List every open connection of the Pods, with its ports.

    Addresses outside of the cluster are split by the ranges in the policies. The graphs (svg,
    mermaid, dot) show groups instead, such as the internet, DNS and the platform. A question mark
    before a port means that it may be open.
    """
    from stackgen.net.connections import connections
    from stackgen.net.map import named_addresses
    from stackgen.net.show import show_list
    from stackgen.net.world import with_ranges

    world, policies, profile = _world(paths, env, directory)
    found = connections(with_ranges(world, policies), policies, _read(ip_blocks))
    say(show_list(found, output_format, named_addresses(profile)))


@net.command()
@click.argument("source", metavar="FROM")
@click.argument("destination", metavar="TO")
@click.argument("paths", nargs=-1, metavar="[FILE|DIR|-]...", shell_complete=complete.paths)
@_env
@DIRECTORY
@option("--port PORT", "Port, such as 8000 or UDP/53.  [default: any]")
def query(
    source: str, destination: str, paths: tuple[str, ...], env: str, directory: str, port: str
) -> int:
    """Show which ports are open between two endpoints, and the rules that decide it.

    FROM and TO are NAMESPACE/NAME of a workload, an address or range, a host name, or an endpoint
    that every cluster has, such as kube-system/kube-dns, api-server, metadata-server or internet.
    The exit code is 1 if no port, or not PORT, is certainly open.
    """
    from stackgen.net import ports as p
    from stackgen.net.evaluate import READINGS, Net
    from stackgen.net.map import ports_text
    from stackgen.net.show import show_verdict

    world, policies, profile = _world(paths, env, directory)
    wanted = _port(port)
    ends = (_endpoint(source, world, profile), _endpoint(destination, world, profile))
    open_in_all = True
    for reading in READINGS:
        verdict = Net(world, policies, reading).verdict(*ends)
        allowed = p.intersect(verdict.allowed, wanted)
        unknown = p.intersect(verdict.unknown, wanted)
        open_in_all = open_in_all and bool(allowed)
        found = show_verdict(verdict, wanted)
        say(
            f"{visible(f'{ends[0]} => {ends[1]}')} : {ports_text(allowed, unknown)}\n"
            f"  ip blocks: {reading.value}\n"
            f"  egress:    {visible(found['egress'])}\n"
            f"  ingress:   {visible(found['ingress'])}\n"
        )
    return 0 if open_in_all else 1


@net.command()
@click.argument("old", metavar="OLD", shell_complete=complete.paths)
@click.argument("new", metavar="NEW", shell_complete=complete.paths)
@_reading
@one_of("--output-format", ("text", "json"), "Output format.")  # fmt: skip
def diff(old: str, new: str, ip_blocks: str, output_format: str) -> int:
    """Compare two files or folders: connections that close (-) and that open (+).

    The exit code is 1 if there are any.
    """
    from stackgen.net.connections import changes, connections
    from stackgen.net.show import show_changes
    from stackgen.net.world import with_ranges

    before, after = _world((old,), "", "."), _world((new,), "", ".")
    both = [*before[1], *after[1]]
    maps = [
        connections(with_ranges(world, both), policies, _read(ip_blocks))
        for world, policies, _ in (before, after)
    ]
    found = changes(*maps)
    say(show_changes(found, output_format))
    return 1 if found else 0


@net.command()
@click.argument("paths", nargs=-1, metavar="[FILE|DIR|-]...", shell_complete=complete.paths)
@ENVIRONMENTS
@DIRECTORY
@one_of("--output-format", ("text", "json", "markdown"), "Output format.")  # fmt: skip
def prove(paths: tuple[str, ...], envs: tuple[str, ...], directory: str, output_format: str) -> int:
    """Prove that required connections are open and forbidden connections are closed.

    With FILE, DIR or -, the command proves the connections that the workloads in these manifests
    need, as `stackgen lint` does.

    Both must hold whether or not an ipBlock selects Pods by their addresses. The exit code is 1 if
    a proof fails. `stackgen build` reports the same as findings.
    """
    if paths:
        return _prove_needs(paths, directory, output_format)
    from stackgen.cli.provenance import all_compiled
    from stackgen.net import show
    from stackgen.net.profile import profile_of
    from stackgen.net.prove import prove as prove_all

    root = os.path.abspath(directory)
    found = {}
    for compiled in all_compiled(root, envs):
        assert compiled.bundle is not None and compiled.plan is not None
        found[compiled.env] = prove_all(compiled.bundle, profile_of(compiled.plan))
    if output_format == "json":
        say(show.prove_json(found))
    elif output_format == "markdown":
        say("\n".join(show.prove_markdown(x) for x in found.values()))
    else:
        say("\n".join(show.prove_text(env, x) for env, x in found.items()))
    return 0 if all(proof.holds for x in found.values() for proof in x) else 1


def _prove_needs(paths: tuple[str, ...], directory: str, output_format: str) -> int:
    from stackgen.checks.context import Context
    from stackgen.checks.network import show_needs
    from stackgen.checks.network.closed import needs
    from stackgen.cli.release import opened

    known = needs(Context(_collected(paths), catalog=opened(directory).catalog))
    found = show_needs.answers(known)
    forms = {
        "json": show_needs.as_json,
        "markdown": show_needs.as_markdown,
        "text": show_needs.as_text,
    }
    say(forms[output_format](found))
    return 1 if any(one.state == "closed" for one in found) else 0


def _world(
    paths: tuple[str, ...], env: str, directory: str
) -> tuple[World, list[Policy], Profile | None]:
    """What is asked about; the profile is that of a stack."""
    from stackgen.cli.release import opened
    from stackgen.net.policies import policies_of
    from stackgen.net.world import listed, once, world_of

    if paths:
        bundle = _collected(paths)
        catalog = opened(directory).catalog
        return once(world_of(bundle, catalog=catalog)), policies_of(bundle.objects), None
    from stackgen.cli.provenance import compiled_for
    from stackgen.net.profile import profile_of

    compiled = compiled_for(os.path.abspath(directory), env)
    assert compiled.bundle is not None and compiled.plan is not None
    profile = profile_of(compiled.plan)
    world = listed(world_of(compiled.bundle, profile))
    return world, policies_of(compiled.bundle.objects), profile


def _collected(paths: tuple[str, ...]) -> Bundle:
    from dataclasses import replace

    from stackgen.manifest.collect import collect
    from stackgen.schema.delivered import delivered, united

    collected = collect(paths)
    read_notes(collected.notes)
    if collected.unreadable:
        raise UsageError("not every file can be read; `stackgen lint` says why")
    parts = delivered(collected.bundle)
    if len(parts) > 1:
        notes([f"{len(parts)} environments share names: read together, as if in one cluster"])
    return replace(collected.bundle, resources=united(parts))


def _read(name: str) -> Reading:
    from stackgen.net.evaluate import Reading

    return Reading(name)


def _endpoint(text: str, world: World, profile: Profile | None) -> Endpoint:
    from stackgen.checks.network.unseen import ends_of_clusters
    from stackgen.net.addresses import EVERYWHERE_V4, network
    from stackgen.net.model import External, Host, Pod
    from stackgen.net.world import internet
    from stackgen.spelling import did_you_mean

    found = [e for e in world.pods if text in (str(e), f"{e.namespace}/{e.name}")]
    if len(found) > 1:
        files = {e.resource.file for e in found if isinstance(e, Pod) and e.resource is not None}
        where = f"; they are in {few(sorted(files))}" if len(files) > 1 else ""
        raise UsageError(f"{text} is more than one: {', '.join(map(str, found))}{where}")
    if found:
        return found[0]
    addresses = network(text)
    if addresses is not None:
        return External("", addresses)
    outside = External("internet", internet() & EVERYWHERE_V4)
    known_ends = {**ends_of_clusters(), "internet": outside}
    if profile is not None and profile.api_server:
        known_ends["api-server"] = External("API server", profile.api_server)
    if text in known_ends:
        return known_ends[text]
    if "." in text and "/" not in text:
        return Host(text, outside.addresses)
    known = [f"{e.namespace}/{e.name}" for e in world.pods]
    near = did_you_mean(text, [*known, *known_ends])
    every = f"; every cluster has {few(known_ends, len(known_ends))}" if not near else ""
    raise UsageError(f"no workload {text!r}{near}{every}")


def _port(text: str) -> Ports:
    from stackgen.net import ports as p

    if not text:
        return p.ALL
    protocol, slash, number = text.rpartition("/")
    if number.isdecimal() and (not slash or protocol.upper() in p.PROTOCOLS):
        found = p.ports(protocol.upper() or "TCP", to_int(number))
        if found:
            return found
    raise UsageError(f"{text!r} is not a port such as 8000 or UDP/53")
