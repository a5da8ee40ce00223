"""What the input provides, and how certain it is that nothing else does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import chain as chained

from stackgen.checks.composed import (
    Together,
    file_of,
    folder,
    is_composed,
    is_left_out,
    is_listed,
    together,
)
from stackgen.checks.context import Context
from stackgen.checks.serving.chain import applied_to, chain
from stackgen.checks.serving.chart_releases import may_make
from stackgen.checks.serving.deliveries import delivered, unseen_namespaces
from stackgen.checks.serving.generated import generated, generated_keys, is_added_to
from stackgen.checks.serving.referred import referred
from stackgen.checks.serving.settled import settled
from stackgen.escape import visible
from stackgen.facts.chart_pools import chart_gateways, chart_pools
from stackgen.facts.chart_sources import chart_values
from stackgen.facts.object_references import (
    Made,
    data_keys,
    made_from,
    plain_name,
    secrets_of_spec,
    table,
)
from stackgen.facts.shape import texts
from stackgen.findings.model import Severity
from stackgen.manifest.resource import Resource, is_guessed
from stackgen.spelling import alike, close, misspelled

TEMPLATE = "system"  # the namespace of Kubebuilder's manifests, which Kustomize replaces


class Provided:
    """Objects of the input, and those that controllers make of them.

    whole: the input is said to be everything. opaque: it brings objects that it does not show.
    """

    def __init__(self, context: Context) -> None:
        self.whole = context.complete
        self._rendered = context.plan is not None
        self._context = context
        self._there: set[tuple[str, str, str]] = set()
        self._kinds: set[tuple[str, str, str]] = set()
        self._declared: set[str] = set()
        self._places: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self._names: dict[tuple[str, str], set[str]] = {}
        self._filled_in: set[tuple[str, str, str]] = set()
        self._charted: dict[tuple[str, str], set[str]] = {}
        self._scripted: dict[tuple[str, str], set[str]] = {}
        self._commanded: dict[tuple[str, str], set[str]] = {}
        self._beside: dict[tuple[str, str, str], set[str]] = {}
        self._keys: dict[tuple[str, str, str], list[tuple[str, frozenset[str] | None]]] = {}
        self._by: dict[tuple[str, str, str], list[Resource]] = {}
        for obj in chain(context).objects:
            self._add(obj.kind, obj.namespace, obj.name)
        for resource in context.bundle.objects:
            kept = self._places.setdefault((folder(resource), resource.name), [])
            kept.append((resource.kind, resource.namespace))
            space = "*" if is_guessed(resource) else resource.namespace
            own = Made(resource.kind, space, resource.name, data_keys(resource))
            for made in (own, *made_from(resource)):
                self._made(made, resource)
                if made is not own and made.kind == "Secret" and made.namespace != "*":
                    at = (folder(resource), made.name)
                    self._places.setdefault(at, []).append((made.kind, made.namespace))
            # Every cluster has the namespace `default`, so to write it down creates nothing.
            if resource.kind == "Namespace" and resource.name != "default":
                self._declared.add(resource.name)
        for one in generated(context.bundle):
            self._made(Made(one.kind, "*", one.name), one.by)
        for resource in context.bundle.outside:
            # What a script makes in a namespace that is not known may be in any.
            space = resource.namespace if plain_name(resource.namespace or "x") else "*"
            own = Made(resource.kind, space, resource.name, data_keys(resource))
            self._made(own, resource)
            self._scripted.setdefault((own.kind, own.name), set()).add(space or "default")
            if plain_name(own.name):
                self._commanded.setdefault((own.kind, space), set()).add(own.name)
        for pool in chart_pools(context.bundle):
            by = pool.install.parts[0].by
            # Without a namespace, it is that of the kubeconfig.
            space = applied_to(pool.namespace) if pool.namespace else "*"
            self._there |= {(kind, space, name) for kind, name in pool.objects}
            self._names.setdefault(("InferencePool", applied_to(space)), set()).add(pool.name)
            here = ("InferencePool", applied_to(pool.namespace), folder(by))
            self._beside.setdefault(here, set()).add(pool.name)
            if pool.namespace:
                self._charted.setdefault(here[:2], set()).add(pool.name)
        for release, space, by in chart_gateways(context.bundle):
            self._there.add(("Gateway", applied_to(space) if space else "*", release))
            self._beside.setdefault(("Gateway", applied_to(space), folder(by)), set()).add(release)
        for name in secrets_of_spec(context.bundle):
            self._add("Secret", "*", name)
        self._unseen = unseen_namespaces(context)
        self.opaque = self._unseen is None or bool(self._unseen)

    def _made(self, made: Made, by: Resource) -> None:
        """One object of the input, or one that a controller makes of it."""
        # Kustomize may write its namespace into what has none.
        space = "" if made.kind in table()["cluster"] else applied_to(made.namespace)
        named = (made.kind, space, made.name)
        self._there.add(named)
        self._by.setdefault(named, []).append(by)
        world = together(self._context, by)
        for before, after in world.affixes if world is not None else ():
            self._there.add((made.kind, space, before + made.name + after))
        keys = None if made.keys is None else frozenset(made.keys)
        self._keys.setdefault(named, []).append((file_of(by), keys))
        # What controllers make besides is no sign that the input has all objects of the kind.
        if not plain_name(made.name):
            self._filled_in.add((made.kind, space, folder(by)))
        elif made.kind in (by.kind, "Secret"):
            self._names.setdefault((made.kind, space), set()).add(made.name)
            for here in ("*", folder(by), file_of(by)):
                self._kinds.add((made.kind, space, here))
            at = (made.kind, space, folder(by))
            self._beside.setdefault(at, set()).add(made.name)

    def _add(self, kind: str, namespace: str, name: str) -> None:
        self._there.add((kind, applied_to(namespace), name))
        self._names.setdefault((kind, applied_to(namespace)), set()).add(name)

    def has(self, kind: str, namespace: str, name: str) -> bool:
        """Whether the object is there, made by a controller, or part of every cluster."""
        if any((kind, space, name) in self._there for space in (applied_to(namespace), "*")):
            return True
        return any(fnmatchcase(name, known) for known in table()["always"].get(kind, ()))

    def left_out(self, kind: str, namespace: str, name: str, by: Resource) -> str:
        """That nothing applies an object, because the kustomization of its folder does not list it.

        Empty if something may apply it. Secrets are often applied by hand.
        """
        named = (kind, applied_to(namespace), name)
        found = [*self._by.get(named, ()), *self._loose(kind, name, by)]
        if kind == "Secret" or not found or (kind, "*", name) in self._there:
            return ""
        if not all(map(self._left_out, found)):
            return ""
        # The kustomization may have stopped listing the folder of `by` as well.
        world = together(self._context, by)
        beside = world is not None and folder(found[0]) in world.folders
        listed = is_listed(self._context, by) and beside
        if not listed and by.file not in self._context.once(delivered).files:
            return ""
        here, _, file = found[0].file.rpartition("/")
        return (
            f"the kustomization of {visible(here or '.')} does not list {visible(file)}, which has "
            f"{kind} {name}"
        )

    def _loose(self, kind: str, name: str, by: Resource) -> Iterator[Resource]:
        """What has no namespace, beside objects to which Kustomize gives that of `by`."""
        world = together(self._context, by)
        if world is not None and world.placed and by.namespace:
            for one in self._by.get((kind, applied_to(""), name), ()):
                if not one.namespace and folder(one) in world.folders:
                    yield one

    def _left_out(self, one: Resource) -> bool:
        """Whether no kustomization and no delivery has the file of an object."""
        left = is_left_out(self._context, one)
        return left and one.file not in self._context.once(delivered).files

    def keys(self, kind: str, namespace: str, name: str, by: Resource) -> list[frozenset[str]]:
        """The keys of each object of this name: those in the file of `by`, else in its folder.

        Empty if keys are not known. Objects of another folder may be those of another sample.
        """
        found = self._keys.get((kind, applied_to(namespace), name), [])
        if not found or is_added_to(self._context.bundle, kind, name):
            return generated_keys(self._context, kind, name, by)
        beside = [keys for file, keys in found if file == file_of(by)]
        here = [keys for file, keys in found if os.path.dirname(file) == folder(by)]
        # What only a script makes, in a namespace that it names, is the one that is meant.
        once = len(found) == 1 and namespace in self._scripted.get((kind, name), ())
        anywhere = self.whole or self._rendered or namespace in self._declared or once
        known = beside or here or [keys for _, keys in found if anywhere]
        return [keys for keys in known if keys] if all(known) else []

    def names(self, kind: str, namespace: str) -> set[str]:
        """The names of the objects of a kind that a namespace has here."""
        return self._names.get((kind, applied_to(namespace)), set())

    def hides(self, namespace: str) -> bool:
        """Whether a delivery may bring objects to a namespace that the input does not show."""
        if self._unseen is None or not namespace:
            return self.opaque
        return namespace in self._unseen

    def composed(self, resource: Resource) -> bool:
        """Whether Kustomize makes other objects of the folder of `resource` than its files show."""
        return is_composed(self._context, resource)

    def incomplete(self, one: Resource) -> bool:
        """Whether Kustomize brings objects, or gives them names, that the input does not show."""
        return self.composed(one) if (w := together(self._context, one)) is None else w.open

    def brings(self, resource: Resource, kind: str = "") -> bool:
        """Whether Kustomize brings objects that the input does not show, or some of a kind.

        The files that other projects publish have no deliveries.
        """
        world = together(self._context, resource)
        if world is not None and world.releases and kind in table()["delivery"]:
            return False
        return self.composed(resource) if world is None else world.brings

    def elsewhere(self, kind: str, namespace: str, name: str, by: Resource) -> str:
        """Where the folder of `by` has the name instead: as a related kind, or in a namespace."""
        if self.brings(by) or is_guessed(by):
            return ""
        sibling = table()["siblings"].get(kind)
        if sibling in table()["cluster"] and (sibling, "", name) in self._there:
            return f"the input has {sibling} {name}"
        for other, space in self._places.get((folder(by), name), ()):
            if other == sibling:
                return f"the input has {other} {name}"
            if other == kind and namespace and space and space != namespace:
                return f"it is in namespace {space}"
        made = self._scripted.get((kind, name), set())
        # `kubectl apply -n` gives a namespace to what has none of its own.
        fixed = namespace and made and "*" not in made
        if fixed and namespace not in made:
            return f"a script makes it in namespace {', '.join(sorted(made))}"
        found = self._stray(kind, namespace, name) or self._far(kind, namespace, name)
        if not found and kind in table()["of_flux"] and by.group.endswith(".toolkit.fluxcd.io"):
            space = self.only_space(kind, name)
            found = f"it is in namespace {space}" if namespace and space else ""
        return found or self._moved(kind, namespace, name, by)

    def _moved(self, kind: str, namespace: str, name: str, by: Resource) -> str:
        """The only namespace that has the name, where the input has nothing in the named one."""
        known = settled(self._context)
        if (
            by.file not in known.delivered
            or kind not in table()["settled"]
            or self.hides(namespace)
        ):
            return ""
        if not plain_name(namespace) or namespace in self._used:
            return ""
        spaces = self._placed.get((kind, name), set()) & known.made_by.keys()
        return f"it is in namespace {spaces.pop()}" if len(spaces) == 1 else ""

    def only_space(self, kind: str, name: str) -> str:
        """The only namespace of the input that has the name; "" for none, or several."""
        spaces = self._placed.get((kind, name), set())
        space = next(iter(spaces)) if len(spaces) == 1 else ""
        return space if plain_name(space) else ""

    def _far(self, kind: str, namespace: str, name: str) -> str:
        """The only namespace of the input that has the name, of a kind without namesakes."""
        if not namespace or (kind not in table()["far"] and kind not in table()["delivery"]):
            return ""
        space = self.only_space(kind, name)
        return f"it is in namespace {space}" if space else ""

    def _stray(self, kind: str, namespace: str, name: str) -> str:
        """The only namespace that has the name, if nothing uses it there; "" for none."""
        if kind not in table()["of_pods"] or not namespace or self.hides(namespace):
            return ""
        space = self.only_space(kind, name)
        if (kind, space, name) in self._referred:
            return ""
        return f"it is in namespace {space}, where nothing uses it" if space else ""

    @cached_property
    def _placed(self) -> dict[tuple[str, str], set[str]]:
        """The namespaces of all objects, by kind and name."""
        found: dict[tuple[str, str], set[str]] = {}
        for kind, space, name in self._there:
            found.setdefault((kind, name), set()).add(space)
        return found

    @cached_property
    def _used(self) -> frozenset[str]:
        """The namespaces in which the input has something."""
        return frozenset(space for _, space, _ in self._there)

    @cached_property
    def _of_others(self) -> frozenset[tuple[str, str]]:
        """The kinds and names of objects without a namespace that only other environments have."""
        every = self._context.bundle.part_of or self._context.bundle
        return frozenset((one.kind, one.name) for one in every.objects if not one.namespace)

    @property
    def _referred(self) -> frozenset[tuple[str, str, str]]:
        return self._context.once(referred)

    def unused(self, kind: str, namespace: str, key: str, name: str) -> str:
        """The only ConfigMap or Secret of a namespace that has a key, if nothing refers to it.

        One whose keys are not known counts if its name begins as `name`.
        """
        space, first = applied_to(namespace), name.partition("-")[0]
        found = []
        for one in self.names(kind, namespace) | self._commanded.get((kind, namespace), set()):
            sets = [known for _, known in self._keys.get((kind, space, one), ())]
            alike_ = None in sets and one.partition("-")[0] == first
            if alike_ or any(key in known for known in sets if known):
                found.append(one)
        alone = len(found) == 1 and (kind, space, found[0]) not in self._referred
        return found[0] if alone else ""

    def commanded(self, kind: str, namespace: str, name: str) -> bool:
        """Whether a script makes the object."""
        return name in self._commanded.get((kind, namespace), ())

    def mistaken(self, kind: str, namespace: str, name: str, by: Resource) -> str:
        """The object of the folder of `by` or of a chart that is meant, to which nothing refers."""
        space = applied_to(namespace)
        others = self._beside.get((kind, space, folder(by)), set())
        if by.namespace:  # of a delivery in another folder, what is spelled almost so
            apart = chained(self._charted.get((kind, space), ()), self._apart(kind, namespace))
            others = others | ({near} if (near := close(name, apart)) else set())
        unused = {x for x in others if (kind, space, x) not in self._referred}
        meant = alike(name, unused) or self._shorter(kind, space, name)
        if not meant and kind in table()["of_charts"] and len(unused) == 1 and unused == others:
            meant = next(iter(unused))  # the only one that there is
        # What Kustomize does to names it does to both.
        return meant if misspelled(name, meant) or not self.brings(by) else ""

    def _shorter(self, kind: str, space: str, name: str) -> str:
        """The Secret of a script whose name is `name` without its last words, if nothing has it."""
        made = self._commanded.get((kind, space), ()) if kind == "Secret" else ()
        found = [one for one in made if name.startswith(f"{one}-")]
        given = chart_values(self._context.bundle) if found else ()
        valued = {word for one in given for _, word in texts(one.values)}
        free = (x for x in found if x not in valued and (kind, space, x) not in self._referred)
        return min(free, default="")

    def _apart(self, kind: str, namespace: str) -> set[str]:
        """What deliveries read in a namespace, and what scripts create in it, of any folder."""
        if kind in table()["delivery"]:
            return self.names(kind, namespace)
        return self._commanded.get((kind, namespace), set()) if namespace else set()

    def missing(
        self, kind: str, namespace: str, name: str, by: Resource, beside: bool = False
    ) -> tuple[Severity, str] | None:
        """How severe it is that what `by` names is missing, and a hint; None if it may be there.

        The object belongs to the input if the input has others of its kind in the namespace: in
        the folder of `by`, or anywhere if the input also creates the namespace. For a Secret it is
        the file of `by`, or its folder. Several folders are often several sets that are applied one
        without the other. A script may create what is missing, so it is an error only in what is
        rendered together with its namespace, and where an object whose name is spelled almost so
        has no other use.

        beside: `by` names another object of the kind in the namespace, which the input has.
        """
        world = together(self._context, by)
        placed = world is not None and world.placed and namespace in ("", by.namespace)
        placed = placed and not self._far(kind, namespace, name)
        if namespace == TEMPLATE or (placed and self._may_be(kind, name, world)):
            return None
        if not (namespace or by.namespace) and self._anywhere(kind, name):
            return None  # Kustomize may put both into one namespace
        loose = not self._placed.get((kind, name), set()).isdisjoint(("", applied_to("")))
        if loose and kind in table()["delivery"]:
            return None  # of a component, which each kustomization has in its own namespace
        near = self.elsewhere(kind, namespace, name, by)
        meant = self.mistaken(kind, namespace, name, by)
        hint = f"; {near}" if near else f"; nothing refers to {meant}" if meant else ""
        if may_make(self._context, kind, namespace, name, hinted=bool(hint)):
            return None
        slip = kind in table()["together"] and misspelled(name, meant) and not self.brings(by)
        if self.whole or slip:
            return Severity.ERROR, hint
        if not self.brings(by, kind) and (beside or self._belongs(kind, namespace, name, by)):
            rendered = self._rendered or by.written is not None
            rendered = rendered or settled(self._context).whole(namespace, by)
            certain = rendered and namespace in self._declared and kind in table()["together"]
            return (Severity.ERROR if certain else Severity.WARNING), hint
        # Where charts bring objects, a name that is longer by a word may be one of theirs.
        told = hint and (near or not self.hides(namespace) or misspelled(name, meant))
        return (Severity.WARNING, hint) if told else None

    def _may_be(self, kind: str, name: str, world: Together | None) -> bool:
        """Whether Kustomize may put an object into the namespace: one without, or of the world."""
        spaces = self._placed.get((kind, name), set())
        if world is None or not spaces.isdisjoint(("", "*", applied_to(""))):
            return bool(spaces)
        by = (one for space in spaces for one in self._by.get((kind, space, name), ()))
        return any(folder(one) in world.folders for one in by)

    def _anywhere(self, kind: str, name: str) -> bool:
        """Whether a namespace has the object: Kustomize sets that of the whole."""
        return (kind, name) in self._placed

    def _belongs(self, kind: str, namespace: str, name: str, by: Resource) -> bool:
        """Whether the input has others of the kind where `by` would have it."""
        if kind in table()["of_clusters"]:
            own = by.namespace in self._declared and not self.hides(by.namespace)
            if own or by.file in settled(self._context).delivered:
                return (kind, "", "*") in self._kinds
        space, known = applied_to(namespace), settled(self._context)
        whole = kind in table()["delivery"] and by.file in known.delivered
        if whole and (kind, space, "*") in self._kinds:
            return True
        if self.hides(namespace) and kind not in (*table()["delivery"], *table()["settings"]):
            return False
        if (kind, space, folder(by)) in self._filled_in:
            return False  # a script gives objects of the folder their names
        if (
            kind in table()["settled"]
            and not self._rendered
            and settled(self._context).sure(namespace, by)
        ):
            return (kind, name) not in self._of_others
        created = namespace in self._declared
        world = together(self._context, by)
        folders = frozenset({folder(by)}) if world is None else world.folders
        if kind == "Secret":  # often made by hand
            here = frozenset({folder(by) if created else file_of(by)})
        else:
            here = frozenset({"*"}) if created else folders
        if any((kind, space, one) in self._kinds for one in here):
            return True
        # What kustomizations generate is in the namespace that they set.
        if created and any((kind, "*", one) in self._kinds for one in folders):
            return True
        # A route beside the workload that is meant, of which the input has no Service at all.
        word = name.partition("-")[0]
        return kind == "Service" and any(
            other.partition("-")[0] == word
            for made in ("Deployment", "StatefulSet")
            for one in folders
            for other in self._beside.get((made, space, one), ())
        )


def provided(context: Context) -> Provided:
    """What the input of a context provides, made once for a run."""
    return context.once(Provided)
