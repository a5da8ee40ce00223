"""Rights for a service account that no Pod runs as."""

from __future__ import annotations

from stackgen.checks.composed import in_one_set, may_be_patched, together
from stackgen.checks.context import Context
from stackgen.checks.network.view import view
from stackgen.checks.serving.podspecs import pod_specs
from stackgen.checks.serving.provided import provided
from stackgen.checks.serving.view import services
from stackgen.facts.shape import as_dict, at, maps, plain, text
from stackgen.findings.model import Place, Violations, violation
from stackgen.manifest.resource import Resource
from stackgen.net.profile import half_seen

_GROUP = "rbac.authorization.k8s.io"


def check(context: Context) -> Violations:
    """One finding for each subject that is neither defined nor used."""
    roles = {
        (r.kind, r.namespace if kind == "Role" else "", r.name)
        for kind in ("Role", "ClusterRole")
        for r in context.bundle.of_kind(kind, _GROUP)
    }
    bindings = [
        binding
        for kind in ("RoleBinding", "ClusterRoleBinding")
        for binding in context.bundle.of_kind(kind, _GROUP)
        if _role(binding) in roles
    ]
    if not bindings:
        return
    used, made, known = _used(context), _made(context), provided(context)
    hidden = view(context).hidden
    for binding in bindings:
        world = together(context, binding)
        if known.composed(binding) and (
            world is None or world.open or may_be_patched(context, binding)
        ):
            continue
        for i, subject in maps(binding.get("subjects")):
            name, namespace = text(subject.get("name")), text(subject.get("namespace"))
            namespace = namespace or binding.namespace
            if world is not None and world.placed and namespace in ("", "default"):
                continue  # Kustomize writes its namespace into these
            if world is not None and world.placed and _moved(context, binding, name, namespace):
                continue  # and it follows the account to its namespace
            if name in used.get("", {}) and not binding.namespace:
                continue  # the namespace of these Pods is that of the command
            near = known.elsewhere("ServiceAccount", namespace, name, binding)
            if subject.get("kind") == "ServiceAccount" and near.startswith("it is in"):
                if (namespace, name) not in made and name not in used.get(namespace, ()):
                    yield violation(
                        f"no Pod in {namespace or 'default'} runs as {name}; {near}",
                        Place(binding, ("subjects", i, "namespace")),
                    )
                continue
            unseen = half_seen(namespace) or namespace in hidden
            here = {} if unseen else used.get(namespace, {})
            accounts = {
                account
                for account, pods in here.items()
                if namespace or any(in_one_set(context, binding, pod) for pod in pods)
            }
            if (
                subject.get("kind") != "ServiceAccount"
                or not accounts
                or not plain(name + namespace)
            ):
                continue
            if (
                name not in accounts
                and (namespace, name) not in made
                and not _of_operator(context, name)
            ):
                runs = ", ".join(sorted(accounts))
                yield violation(
                    f"no Pod in {namespace or 'default'} runs as {name}; they run as {runs}",
                    Place(binding, ("subjects", i, "name")),
                )


def _moved(context: Context, binding: Resource, name: str, namespace: str) -> bool:
    """Whether Kustomize reads the service account together with the binding, by this name."""
    return any(
        one.name == name
        and _written_space(one) in ("", namespace)
        and in_one_set(context, binding, one)
        for one in context.bundle.of_kind("ServiceAccount", "")
    )


def _written_space(one: Resource) -> str:
    """The namespace of an object in its file, before Kustomize gives it another one."""
    data = one.document.data if one.document is not None else one.data
    return text(at(data, *one.base, "metadata", "namespace"))


def _of_operator(context: Context, name: str) -> bool:
    """An operator makes it: it begins with the name of an object of a kind of its own."""
    return any(
        "." in one.group and not one.group.endswith(".k8s.io") and name.startswith(f"{one.name}-")
        for one in context.bundle.objects
        if one.name
    )


def _role(binding: Resource) -> tuple[str, str, str]:
    ref = as_dict(binding.get("roleRef"))
    kind = text(ref.get("kind"))
    return kind, binding.namespace if kind == "Role" else "", text(ref.get("name"))


def _used(context: Context) -> dict[str, dict[str, list[Resource]]]:
    """The accounts that Pods run as, by namespace, and the objects of these pods."""
    used: dict[str, dict[str, list[Resource]]] = {}
    for pod in pod_specs(context):
        account = text(pod.spec.get("serviceAccountName")) or text(pod.spec.get("serviceAccount"))
        here = used.setdefault(pod.namespace, {})
        here.setdefault(account or "default", []).append(pod.resource)
    return used


def _made(context: Context) -> set[tuple[str, str]]:
    """The accounts of the input, and those that KServe makes."""
    made = {(r.namespace, r.name) for r in context.bundle.of_kind("ServiceAccount", "")}
    for service in services(context):
        for data in service.expanded().objects:
            if data.get("kind") == "ServiceAccount":
                made.add((service.namespace, text(as_dict(data.get("metadata")).get("name"))))
    return made
