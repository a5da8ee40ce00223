"""Which values of a manifest are secret: by the kind of the object, or by what they are named.

A Secret is secret as a whole, apart from what identifies it. Elsewhere a value is secret when its
argument, variable or field is named like a credential, and when a text holds such an assignment,
a password in an address, or a manifest of a Secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from stackgen.manifest.secret_parts import contents, is_login
from stackgen.redact import NAMES, USER, VARIABLE, redact_tree, remember
from stackgen.regex import regex

if TYPE_CHECKING:
    from stackgen.manifest.document import Document

HIDDEN = "(not shown)"
_SECRETS = {"secret", "sealedsecret"}
_ALWAYS = {"stringData", "encryptedData"}  # only Secrets have them, whatever a patch is for
_NAMING = {"name", "key", "header"}  # fields that name the `value` beside them
_PUBLIC = {"$patch", "apiVersion", "kind", "metadata", "type", "immutable"}
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
# A text without any of these holds no secret that is known by its name.
_NAMES = "secret|passw|passphrase|pwd|token|credential|key|authorization|cookie|bearer"
_NAMED, _NAMED_IN_ANY_CASE = _NAMES.split("|"), regex(f"(?i){_NAMES}")
_LOGIN = regex(r"://[^/\s]*:|:[^\s/@:]+@")
_WORDS = regex(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")
_CREDENTIAL = regex(
    r"(?:^|_)(?:password|passwd|passphrase|pwd|pass|token|secret|credentials?|apikey|pat"
    r"|authorization|cookie|bearer|basic_auth|proxy_auth|[a-z0-9]+_key)$"
)
_FIELD = regex(
    r"(?:^|_)(?:password|passwd|passphrase|pwd|[a-z0-9]+_pass|apikey|api_key|client_secret|private_key"
    r"|secret_access_key|access_token|auth_token|bearer_token|refresh_token|token|authorization)$"
)
# What a model calls tokens, and keys that select something.
_HARMLESS = regex(
    r"(?:^|_)(?:(?:eos|bos|pad|unk|sep|cls|mask|stop|start|end|image|audio|video|special|per|max|min"
    r"|first|last|next|page|continue|think|no|draft|skip|num)_token"
    r"|(?:public|partition|sort|primary|foreign|routing|label|topology|cache|hash|group|object|map"
    r"|row|annotation|node|taint|field|index|lookup|type|config|metric|header|item|host|known"
    r"|data|s3|ca|cert|name|secret_ref|file|remote_ref)_key)$"
)
_ASSIGNED = regex(
    r"(?<![\w.-])(?:(--[A-Za-z][\w.-]{0,63})[\"']?(?:\s*[=:]\s*|(?:\s|\\\n)+)"
    r"|(-?[A-Za-z_][\w.-]{0,63})\\*[\"']?\s*[=:]\s*)"
)
# A quoted value ends at a quote with as many backslashes as it begins with.
_VALUE = regex(
    r"(\\*)\"(?P<double>(?:(?!(?<!\\)\1\")[^\n]){1,4096})"
    r"|(\\*)'(?P<single>(?:(?!(?<!\\)\3')[^\n]){1,4096})|(?P<bare>[^\s\"',;&|)}\]\\]{1,4096})"
)
_SCHEME = regex(r"(?i)(?:bearer|basic|token)\s+(?P<bare>[^\s\"',;]{1,4096})")
# Digits and a slash are a port and a path; after anything else a slash is of the password. An IPv6
# address in brackets has colons of its own, and so has a variable with a default.
_ADDRESS = regex(
    rf"://(?!\[[\da-fA-F:.%]*\]){USER}{{0,256}}:(?!\d+[/?#])([^\s/@\"'$<{{(*][^\s@\"']{{0,256}})@"
)
_IMAGE_LOGIN = regex(r"(?<![\w/@.:{-])[\w.-]{1,64}:([^\s/@:\"']{1,256})@[\w.-]{1,256}(?::\d+)?/")
_CURL_USER = regex(r"(?<![\w-])(?:-u|--user)[ =][\"']?[^\s:\"']{1,256}:([^\s\"'$]{1,256})")
_PATH = r"/[a-z][a-z0-9._-]*(?:/[a-z.][a-z0-9._-]*)+\Z"
_NOTHING = rf"\s*\Z|-\Z|\*+\Z|\(not shown\)|{_PATH}|(?i:true|false|null|none|yes|no)\Z"
# In a text a reference may go on behind the first space; a value as a whole is one to its end.
_PLACEHOLDER = regex(rf"{_NOTHING}|\$\(|\$\{{|\$[A-Za-z_]|\{{\{{|<")
_REFERENCE = regex(
    rf"{_NOTHING}|\$\([^)]*\)\Z|\$\{{[^}}]*\}}\Z|\$[A-Za-z_]\w*\Z|\{{\{{.*\}}\}}\Z|<.*>\Z"
)
_NUMBER = regex(r"[0-9.]+\Z")
_FILLED = regex(VARIABLE)
_OBJECT_NAME = regex(r"[a-z0-9][a-z0-9./-]*\Z")
_MOST_NAMES = 4096  # that are judged once: objects have the same few fields
_COUNT = 3  # digits of a number of tokens
_WORD_AFTER = regex(r"[\"']?[ \t]+[\"']?([\w][^\s\"',;&|)}\]\\]{0,4096})")


class Leaf(NamedTuple):
    """A scalar, and where it is: a path in data, or where it begins and ends in a text."""

    value: Any
    place: Any


class Map(NamedTuple):
    """A mapping as it is written: a key may stand twice."""

    pairs: tuple[tuple[str, Any], ...]


# A scalar with the parts of it that are secret; without parts, all of it is.
Found = tuple[Leaf, tuple[str, ...]]


@lru_cache(maxsize=_MOST_NAMES)
def named_like_credential(name: str) -> bool:
    """Whether an argument, variable or header of this name holds a credential."""
    words = _snake(name)
    return bool(_CREDENTIAL.search(words)) and not _HARMLESS.search(words)


@lru_cache(maxsize=_MOST_NAMES)
def _named_field(name: str) -> bool:
    if name.isupper() and named_like_credential(name):  # a variable, as in Helm values
        return True
    words = _snake(name)
    return bool(_FIELD.search(words)) and not _HARMLESS.search(words)


@lru_cache(maxsize=_MOST_NAMES)
def _snake(name: str) -> str:
    return "_".join(_WORDS.findall(name[-200:])).lower()


def may_hold_secrets(text: str) -> bool:
    """False when no value of `text` can be secret."""
    if not text.isascii():  # `(?i)` also takes letters of other alphabets for these
        return bool(_NAMED_IN_ANY_CASE.search(text) or _LOGIN.search(text))
    if any(map(text.lower().__contains__, _NAMED)):
        return True
    return ("://" in text or "@" in text) and bool(_LOGIN.search(text))


def learn(document: Document) -> None:
    """Remember every secret of a document, so that `redact` finds it in whatever is printed."""
    if document.secret_parts:
        remember(document.secret_parts, _names(tree_of(document.data)))


def _texts(tree: Any) -> Iterator[str]:
    for leaf, found in find(tree):
        yield from found or (str(leaf.value),)


def _names(tree: Any) -> Iterator[str]:
    """What the objects of `tree` call themselves and each other."""
    if _is_leaf(tree):  # a document that is not an object
        return
    children = tree.pairs if isinstance(tree, Map) else [("", t) for t in tree]
    for key, child in children:
        if not _is_leaf(child):
            yield from _names(child)
        elif key in NAMES:
            yield str(child.value)


def without_secrets(data: Any) -> Any:
    """A copy of `data` in which each secret value is replaced by HIDDEN."""
    found = {leaf.place: parts for leaf, parts in find(tree_of(data))}
    return _replaced(data, (), found) if found else data


def to_show(data: Any) -> Any:
    """A copy of `data` for people: no secret value, and no known secret that was copied."""
    return redact_tree(without_secrets(data))


def value_at(data: Any, path: tuple[Any, ...]) -> Any:
    """The value at a path of what `to_show` made; HIDDEN below what is hidden as a whole."""
    for step in path:
        if isinstance(data, str):
            return HIDDEN
        inside = isinstance(data, dict) or (isinstance(data, list) and step < len(data))
        data = (data.get(step) if isinstance(data, dict) else data[step]) if inside else None
    return data


def places_of(data: Any) -> frozenset[tuple[Any, ...]]:
    """The paths of the values of `data` that are secret, or hold one."""
    return frozenset(leaf.place for leaf, _ in find(tree_of(data)))


def values_of(data: Any) -> set[str]:
    """The secret values of `data` as texts, short ones and what base64 says too."""
    return {part for part in parts_of(data) if part.strip()}


def parts_of(data: Any) -> tuple[str, ...]:
    """The same as they are written, some of them more than once."""
    return tuple(part for text in _texts(tree_of(data)) for part in contents(text))


def _replaced(data: Any, path: tuple[Any, ...], found: dict[Any, tuple[str, ...]]) -> Any:
    if isinstance(data, dict):
        return {key: _replaced(item, (*path, key), found) for key, item in data.items()}
    if isinstance(data, (list, tuple)):
        return [_replaced(item, (*path, i), found) for i, item in enumerate(data)]
    if path not in found:
        return data
    text, parts = data, sorted(found[path], key=len, reverse=True)
    if not parts or not all(part in text for part in parts):  # an escape stands in one
        return HIDDEN
    for part in parts:
        text = text.replace(part, HIDDEN)
    return text


def tree_of(data: Any, path: tuple[Any, ...] = ()) -> Any:
    """Plain data as Map, list and Leaf."""
    if isinstance(data, dict):
        return Map(tuple((str(key), tree_of(item, (*path, key))) for key, item in data.items()))
    if isinstance(data, (list, tuple)):
        return [tree_of(item, (*path, i)) for i, item in enumerate(data)]
    return Leaf(data, path)


def find(tree: Any, secret: bool = False) -> Iterator[Found]:
    """Each scalar that is secret; with the parts that are, unless it is so as a whole.

    secret: `tree` is a Secret although it does not say so, as an item of a SecretList need not.
    """
    if isinstance(tree, Leaf):
        parts = assigned(tree.value) if isinstance(tree.value, str) else ()
        if parts:
            yield tree, parts
    elif isinstance(tree, Map):
        yield from _in_map(tree, secret)
    else:
        yield from _in_list(tree, secret)


def _in_map(tree: Map, secret: bool) -> Iterator[Found]:
    pairs, keys = tree.pairs, {key for key, _ in tree.pairs}
    those = pairs if "kind" in keys else ()
    kinds = {str(v.value).strip().lower() for k, v in those if k == "kind" and _is_leaf(v)}
    secret = secret or bool(kinds & _SECRETS and not _is_reference(tree))
    named = _operation_on_credential(tree) if "op" in keys else ""
    named = named or ("" if keys.isdisjoint(_NAMING) else _name_of_credential(tree))
    patched = "target" in keys and any(k == "target" and _is_secret(v) for k, v in pairs)
    for key, child in pairs:
        if key == "patch" and patched:
            yield from _patch_of_secret(child)
        elif key == "patch" and _is_leaf(child) and isinstance(child.value, str):
            parts = (*assigned(child.value), *_read(child.value, find))
            if parts:
                yield child, parts
        elif key in _ALWAYS or (secret and key not in _PUBLIC):
            yield from _whole(child)
        elif key == "metadata" and secret:
            yield from _metadata(child)
        elif key == "secretGenerator":
            yield from _generated(child)
        elif key == "data" and "configmap" in kinds and isinstance(child, Map):
            yield from _settings(child)
        elif key == "items":
            yield from find(child, secret="secretlist" in kinds)
        elif _is_leaf(child) and ((named and key == "value") or _named_field(key)):
            if _plausible(child.value, named if key == "value" else key):
                yield child, ()
        elif named and key == "value":
            yield from _whole(child)
        elif _is_leaf(child):
            yield from ((child, ()),) if _is_literal(key, child.value) else find(child)
        else:
            yield from find(child)


def _is_reference(tree: Map) -> bool:
    """Whether a mapping with a kind is the name of an object, and not the object."""
    keys = {key.lower() for key, _ in tree.pairs}
    return "name" in keys and not keys & {"metadata", "data", "stringdata"}


def _is_secret(tree: Any) -> bool:
    """Whether the target of a patch can be a Secret: Kustomize takes the kind as a pattern."""
    pairs = tree.pairs if isinstance(tree, Map) else ()
    return any(k == "kind" and _is_leaf(v) and "secret" in str(v.value).lower() for k, v in pairs)


def _patch_of_secret(tree: Any) -> Iterator[Found]:
    """A patch says what it changes, and not the kind of the object: fields, or operations.

    Kustomize takes a text that holds either.
    """
    if isinstance(tree, Map):
        yield from find(tree, secret=True)
    elif isinstance(tree, list):
        for operation in tree:
            for key, child in operation.pairs if isinstance(operation, Map) else ():
                if key == "value":
                    yield from _whole(child)
    elif isinstance(tree.value, str):
        parts = _read(tree.value, _patch_of_secret)
        if parts:
            yield tree, parts


def _name_of_credential(tree: Map) -> str:
    """What names the `value` of a mapping, when that is the name of a credential; else nothing."""
    names = (str(v.value) for k, v in tree.pairs if k in _NAMING and _is_leaf(v))
    return next(filter(named_like_credential, names), "")


def _is_literal(key: str, value: Any) -> bool:
    """A field called `secret` names a Secret, unless the value can be no name of an object.

    `auth` is a secret where it is a login.
    """
    named = _snake(key).endswith("secret") and isinstance(value, str)
    literal = named and not _OBJECT_NAME.match(_FILLED.sub("x", value)) and _plausible(value, key)
    return literal or (key == "auth" and is_login(value))


def _operation_on_credential(tree: Map) -> str:
    """The field that an operation of a JSON patch changes, when it holds a credential."""
    fields = {k: str(v.value) for k, v in tree.pairs if _is_leaf(v)}
    path = fields.get("path", "").split("/")
    secret = _named_field(path[-1]) or not _ALWAYS.isdisjoint(path)
    return path[-1] if "op" in fields and secret else ""


def _settings(tree: Map) -> Iterator[Found]:
    """The data of a ConfigMap: its keys often become variables."""
    for key, child in tree.pairs:
        named = _is_leaf(child) and named_like_credential(key)
        if named and _plausible(child.value, key) and "\n" not in str(child.value):
            yield child, ()
        else:
            yield from _in_map(Map(((key, child),)), secret=False)


def _metadata(tree: Any) -> Iterator[Found]:
    """The metadata of a Secret: kubectl keeps the whole object in an annotation."""
    for key, child in tree.pairs if isinstance(tree, Map) else ():
        inner = child.pairs if key == "annotations" and isinstance(child, Map) else ()
        for name, value in inner:
            yield from _whole(value) if name == _LAST_APPLIED else find(value)
        if not inner:
            yield from find(child)


def _generated(tree: Any) -> Iterator[Found]:
    """The literals of Kustomize's secretGenerator."""
    if isinstance(tree, Map):
        for _, child in (p for p in tree.pairs if p[0] == "literals"):
            for leaf, _ in _whole(child):
                yield leaf, tuple(v for v in [str(leaf.value).partition("=")[2].strip("\"'")] if v)
    for child in tree if isinstance(tree, list) else ():
        yield from _generated(child)


def _in_list(tree: list[Any], secret: bool) -> Iterator[Found]:
    """Items; in a list of arguments the value may follow its flag, and several may."""
    flag = ""
    for item in tree:
        text = str(item.value) if _is_leaf(item) and item.value is not None else ""
        if flag and text and not text.startswith("--") and _plausible(item.value, flag):
            yield item, ()
            flag = flag if _takes_several(flag) else ""
        else:
            yield from find(item, secret)
            flag = text if text.startswith("-") and _ends_with_credential(text) else ""


def _ends_with_credential(argument: str) -> bool:
    """Whether the value of the last flag of an argument is the next argument."""
    flag = argument.rsplit(maxsplit=1)[-1] if argument.split() else ""
    return "=" not in flag and named_like_credential(flag)


def _takes_several(flag: str) -> bool:
    """vLLM takes any number of keys after `--api-key`."""
    return _snake(flag).endswith(("api_key", "apikey"))


def _whole(tree: Any) -> Iterator[Found]:
    if isinstance(tree, Map):
        for _, child in tree.pairs:
            yield from _whole(child)
    elif isinstance(tree, list):
        for child in tree:
            yield from _whole(child)
    elif tree.value is not None and tree.value != "":
        yield tree, ()


def _is_leaf(tree: Any) -> bool:
    return isinstance(tree, Leaf)


def _plausible(value: Any, name: str, whole: bool = True) -> bool:
    """Whether the value can be a secret: no reference, no path, no switch, no count of tokens."""
    if isinstance(value, bool) or value is None:
        return False
    text = str(value)
    if _NUMBER.match(text) and len(text) <= _COUNT and _snake(name).endswith("token"):
        return False
    return not (_REFERENCE if whole else _PLACEHOLDER).match(text)


def assigned(text: str) -> tuple[str, ...]:
    """The secrets inside of a text, such as a command line, an address or a manifest."""
    if not may_hold_secrets(text):
        return ()
    parts = [m[1] for p in (_ADDRESS, _IMAGE_LOGIN, _CURL_USER) for m in p.finditer(text)]
    for match in _ASSIGNED.finditer(text):
        name = match[1] or match[2]
        colon = ":" in match[0]
        field = _named_field(name) and _begins_entry(text, match.start())
        if named_like_credential(name) and (field or not colon):
            value = _SCHEME.match(text, match.end()) or _VALUE.match(text, match.end())
            found = value[value.lastgroup or 1] if value else ""
            if found and not found.startswith("--") and _plausible(found, name, whole=False):
                parts.append(found)
                parts += _further(text, value) if value and _takes_several(match[1] or "") else ()
    parts += [m[1] for m in _SCHEME.finditer(text) if _in_header(text, m.start())]
    parts += _embedded(text)
    return tuple(dict.fromkeys(p for p in parts if p and not _PLACEHOLDER.match(p)))


def _further(text: str, first: re.Match[str]) -> Iterator[str]:
    """The words after the first value of an argument, up to the next argument or operator."""
    at = first.end()
    while more := _WORD_AFTER.match(text, at):
        yield more[1]
        at = more.end()


def _begins_entry(text: str, at: int) -> bool:
    """Whether a field begins here, as in YAML and JSON, and not a word of a sentence."""
    before = text[max(at - 20, 0) : at].rstrip(" \t")
    return not before or before[-1] in "\n{,\"'\\-"


def _in_header(text: str, at: int) -> bool:
    return bool(re.search(r"(?i)authorization\W{0,8}\Z", text[max(at - 40, 0) : at]))


def _embedded(text: str) -> Iterator[str]:
    """The secrets of manifests that a text holds."""
    looks_like_data = text.lstrip()[:1] in ("{", "[") or re.search(r"(?i)\bkind\W{1,8}\w", text)
    if not looks_like_data or len(text) > 2**20:
        return
    yield from _read(text, find)


def _read(text: str, secrets: Callable[[Any], Iterator[Found]]) -> tuple[str, ...]:
    """What `secrets` finds in the documents of a text."""
    from stackgen.manifest.yaml_in import parse

    found: list[str] = []
    for document in parse(text, "", learning=False):
        tree = tree_of(document.data)
        if not _is_leaf(tree):
            for leaf, parts in secrets(tree):
                found += parts or [str(leaf.value)]
    return tuple(found)
