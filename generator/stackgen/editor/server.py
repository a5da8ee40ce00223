"""The language server: what an editor asks, answered on standard input and output (LSP)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from stackgen import __version__
from stackgen.catalog.load import Catalog
from stackgen.cli.options import ReportOptions, resolve
from stackgen.compiler import OUT, Compiled
from stackgen.editor import completion, findings, hover
from stackgen.editor.completion import cursor
from stackgen.errors import UsageError
from stackgen.findings.fix import apply
from stackgen.findings.model import Located, Severity
from stackgen.findings.pipeline import Options
from stackgen.findings.rules import all_rules
from stackgen.provenance.places import FilePlace
from stackgen.repository import open_repository
from stackgen.spec.overlays import SPEC_FILE

_PAUSE = 0.3  # seconds without typing before the checks run
_LEVELS = {
    Severity.ERROR: lsp.DiagnosticSeverity.Error,
    Severity.WARNING: lsp.DiagnosticSeverity.Warning,
    Severity.INFO: lsp.DiagnosticSeverity.Information,
}
_MANIFESTS = (".yaml", ".yml")


def make_server() -> LanguageServer:
    """A server for stack.yaml, overlays and manifests."""
    server = LanguageServer("stackgen", __version__)
    waiting: dict[str, asyncio.Task[None]] = {}
    fixes: dict[str, list[Located]] = {}

    async def later(uri: str) -> None:
        await asyncio.sleep(_PAUSE)
        check(uri)

    def soon(uri: str) -> None:
        if uri in waiting:
            waiting[uri].cancel()
        waiting[uri] = asyncio.get_running_loop().create_task(later(uri))

    def check(uri: str) -> None:
        for file, found in _findings(server, uri).items():
            fixes[file] = found
            server.text_document_publish_diagnostics(
                lsp.PublishDiagnosticsParams(file, [_diagnostic(server, file, x) for x in found])
            )

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    def opened(params: lsp.DidOpenTextDocumentParams | lsp.DidSaveTextDocumentParams) -> None:
        check(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    async def changed(params: lsp.DidChangeTextDocumentParams) -> None:
        soon(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: lsp.DidCloseTextDocumentParams) -> None:
        fixes.pop(params.text_document.uri, None)
        server.text_document_publish_diagnostics(
            lsp.PublishDiagnosticsParams(params.text_document.uri, [])
        )

    @server.feature(
        lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=[" ", ":", "/"])
    )
    def complete(params: lsp.CompletionParams) -> list[lsp.CompletionItem]:
        return _completions(server, params)

    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    def hovered(params: lsp.HoverParams) -> lsp.Hover | None:
        text = _hover(server, params)
        value = lsp.MarkupContent(lsp.MarkupKind.Markdown, f"```text\n{text.rstrip()}\n```")
        return lsp.Hover(value) if text else None

    @server.feature(lsp.TEXT_DOCUMENT_DEFINITION)
    def defined(params: lsp.DefinitionParams) -> list[lsp.Location]:
        return _targets(server, params)

    @server.feature(
        lsp.TEXT_DOCUMENT_CODE_ACTION, lsp.CodeActionOptions([lsp.CodeActionKind.QuickFix])
    )
    def actions(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        uri = params.text_document.uri
        return list(_actions(server, uri, params.range, fixes.get(uri, ())))

    return server


def _path(uri: str) -> str:
    return to_fs_path(uri) or ""


def _options(root: str) -> Options:
    return resolve(ReportOptions(), all_rules(), root)


def _open_below(server: LanguageServer, root: str) -> dict[str, str]:
    """The texts of open files of the stack in `root`, by their path below it."""
    texts = {}
    for document in server.workspace.text_documents.values():
        name = hover.below(root, document.path)
        if name and os.path.basename(name) == SPEC_FILE:
            texts[name] = document.source
    return texts


def _findings(server: LanguageServer, uri: str) -> dict[str, list[Located]]:
    """The findings by URI, of the file and of those that belong to the same stack."""
    path = _path(uri)
    spec = findings.spec_file(path)
    try:
        if spec is not None:
            texts = _open_below(server, spec.root)
            found = findings.of_stack(spec.root, texts, _options(spec.root))
            return {
                from_fs_path(os.path.join(spec.root, file)) or "": rows
                for file, rows in found.items()
            }
        if path.endswith(_MANIFESTS):
            folder = _root_above(path) or os.path.dirname(path)
            text = server.workspace.get_text_document(uri).source
            return {uri: findings.of_manifest(folder, path, text, _options(folder))}
    except UsageError as error:
        server.window_log_message(lsp.LogMessageParams(lsp.MessageType.Warning, str(error)))
    return {}


def _root_above(path: str) -> str:
    """The nearest folder above with a stack.yaml; empty when there is none."""
    here = os.path.dirname(path)
    while not os.path.lexists(os.path.join(here, SPEC_FILE)):
        here, below = os.path.dirname(here), here
        if here == below:
            return ""
    return here


def _diagnostic(server: LanguageServer, uri: str, located: Located) -> lsp.Diagnostic:
    file = _path(uri).replace(os.sep, "/")
    spots = [x for x in located.locations if file.endswith(x.file)] or [*located.locations]
    spot = spots[0]
    line = max(spot.line - 1, 0)
    start = lsp.Position(line, max(spot.column - 1, 0))
    end = lsp.Position(line, max(spot.end_column - 1, start.character + 1))
    finding = located.finding
    parts = [finding.message, f"In the cluster: {finding.impact or finding.rule.impact}"]
    if located.advice:
        parts.append(f"Help: {located.advice}")
    return lsp.Diagnostic(
        lsp.Range(start, end), "\n".join(parts), _LEVELS[finding.level], finding.rule.id,
        source="stackgen",
    )  # fmt: skip


def _completions(
    server: LanguageServer, params: lsp.CompletionParams
) -> list[lsp.CompletionItem]:  # fmt: skip
    spec = findings.spec_file(_path(params.text_document.uri))
    if spec is None:
        return []
    document = server.workspace.get_text_document(params.text_document.uri)
    lines, position = document.source.split("\n"), params.position
    at = cursor(lines, position.line, position.character)
    if at is None:
        return []
    whole = lsp.Range(lsp.Position(position.line, at.start), position)
    texts = "\n".join((document.source, *_open_below(server, spec.root).values()))
    return [
        lsp.CompletionItem(
            offer.text,
            kind=lsp.CompletionItemKind.Property
            if offer.kind == "key"
            else lsp.CompletionItemKind.Value,
            detail=offer.detail or None,
            text_edit=lsp.TextEdit(whole, offer.text + (": " if offer.kind == "key" else "")),
        )
        for offer in completion.offers(at, texts, _catalog(spec.root))
    ]


def _catalog(root: str) -> Catalog:
    try:
        return open_repository(root).catalog
    except UsageError:
        return Catalog()


def _made(server: LanguageServer, root: str) -> list[Compiled]:
    try:
        return findings.compiled(root, _open_below(server, root), prove=False)
    except UsageError:
        return []


def _hover(server: LanguageServer, params: lsp.HoverParams) -> str:
    path = _path(params.text_document.uri)
    line, column = params.position.line + 1, params.position.character + 1
    spec = findings.spec_file(path)
    if spec is not None:
        return hover.about_spec(_made(server, spec.root), FilePlace(spec.name, line, column))
    root = _root_above(path)
    name = hover.below(root, path) if root else ""
    if not name.startswith(f"{OUT}/"):
        return ""
    return hover.about_rendered(_made(server, root), name, line, column)


def _targets(server: LanguageServer, params: lsp.DefinitionParams) -> list[lsp.Location]:
    path = _path(params.text_document.uri)
    line, column = params.position.line + 1, params.position.character + 1
    spec = findings.spec_file(path)
    if spec is not None:
        root = spec.root
        found = hover.rendered_from(_made(server, root), FilePlace(spec.name, line))
    else:
        root = _root_above(path)
        name = hover.below(root, path) if root else ""
        found = hover.spec_of(_made(server, root), name, line, column) if name else []
    locations = []
    for target in found:
        file = os.path.join(root, *target.file.split("/"))
        if os.path.lexists(file):
            at = lsp.Position(target.line - 1, max(target.column - 1, 0))
            locations.append(lsp.Location(from_fs_path(file) or "", lsp.Range(at, at)))
    return locations


def _actions(
    server: LanguageServer, uri: str, wanted: lsp.Range, found: Iterable[Located]
) -> Iterable[lsp.CodeAction]:  # fmt: skip
    document = server.workspace.get_text_document(uri)
    for located in found:
        fix = located.finding.fix
        diagnostic = _diagnostic(server, uri, located)
        on_line = wanted.start.line <= diagnostic.range.start.line <= wanted.end.line
        if fix is None or not on_line or not document.path.replace(os.sep, "/").endswith(fix.file):
            continue
        applied = apply(document.source, [fix])
        if applied.done:
            edit = _edit(document.source, applied.text)
            yield lsp.CodeAction(
                f"Fix {located.finding.rule.id}",
                kind=lsp.CodeActionKind.QuickFix,
                diagnostics=[diagnostic],
                edit=lsp.WorkspaceEdit({uri: [edit]}),
                is_preferred=True,
            )


def _edit(before: str, after: str) -> lsp.TextEdit:
    """The lines that differ, as one edit."""
    old, new = before.split("\n"), after.split("\n")
    first = 0
    while first < min(len(old), len(new)) and old[first] == new[first]:
        first += 1
    last = 0
    while last < min(len(old), len(new)) - first and old[-1 - last] == new[-1 - last]:
        last += 1
    end = len(old) - last
    text = "\n".join(new[first : len(new) - last])
    if end < len(old):
        stop = lsp.Position(end, 0)
        text += "\n" if new[first : len(new) - last] else ""
    else:
        stop = lsp.Position(len(old) - 1, len(old[-1]))
    return lsp.TextEdit(lsp.Range(lsp.Position(first, 0), stop), text)
