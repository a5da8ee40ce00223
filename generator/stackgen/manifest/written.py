"""From a rendered object back to its source: Kustomize's files, Helm's templates."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping

from stackgen.cache import seen
from stackgen.manifest.document import Document
from stackgen.manifest.inputs import texts
from stackgen.manifest.resource import Resource, Written
from stackgen.manifest.yaml_in import parse
from stackgen.regex import regex

# The comment that `helm template` puts above each object.
_SOURCE = regex(r"^# Source: (\S[^\r\n]*?)[ \t]*$", re.MULTILINE)


class Templates:
    """Which Helm template each document of a stream was made from."""

    def __init__(self, text: str) -> None:
        self.by_line: dict[int, str] = {}
        line, position = 1, 0
        for match in _SOURCE.finditer(text) if "# Source: " in text else ():
            line += text.count("\n", position, match.start())
            position = match.start()
            self.by_line[line] = match[1]

    def of(self, document: Document) -> Written | None:
        """The template named on the first line of `document`, or right below its `---`."""
        for line in (document.line, document.line + 1, document.line - 1):
            if line in self.by_line:
                return Written(self.by_line[line], "the template it is made from")
        return None


class Originals:
    """The objects that stand in the files Kustomize read, by file."""

    def __init__(self, origins: Mapping[tuple[str, str, str, str], str]) -> None:
        self.origins = origins
        self.read: dict[str, tuple[Resource, ...]] = {}

    def of(self, resource: Resource) -> Written | None:
        """The file `resource` was written in, and the object there that it was made from."""
        name = (resource.api_version, resource.kind, resource.namespace, resource.name)
        file = self.origins.get(name)
        if file is None:
            return None
        if file not in self.read:
            self.read[file] = tuple(_objects(file))
        alike = [
            x
            for x in self.read[file]
            if x.kind == resource.kind and x.group == resource.group and x.name in resource.name
        ]
        best = max(alike, key=lambda x: len(x.name), default=None)
        return Written(file, "the file it is made from", best)

    def documents(self) -> Iterator[Document]:
        """Every document that was read."""
        for resources in self.read.values():
            yield from (r.document for r in resources if r.document is not None)


def _objects(file: str) -> Iterator[Resource]:
    seen.name(file)
    if not os.path.isfile(file):
        return
    for read in texts((file,)):
        for document in parse(read.text or "", file):
            if isinstance(document.data, dict) and not any(p.fatal for p in document.problems):
                yield Resource(document.data, file, document=document)
