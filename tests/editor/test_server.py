"""The language server, asked by a real client over standard input and output."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox import ROOT, environment, stack

pytest.importorskip("pygls", reason="the language server is an extra")
from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

Published = dict[str, list[lsp.Diagnostic]]
Session = Callable[[LanguageClient, Path, Published], Coroutine[Any, Any, None]]


def session(root: Path, talk: Session) -> None:
    """Runs `talk` with a client whose server works in `root`."""

    async def run() -> None:
        client, published = LanguageClient("test", "1"), Published()

        @client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def told(params: lsp.PublishDiagnosticsParams) -> None:
            published[Path(params.uri.removeprefix("file://")).as_posix()] = list(
                params.diagnostics
            )

        env = environment(PYTHONPATH=":".join([str(ROOT / "generator"), *sys.path]))
        await client.start_io(sys.executable, "-m", "stackgen", "lsp", env=env, cwd=str(root))
        await client.initialize_async(
            lsp.InitializeParams(lsp.ClientCapabilities(), root_uri=root.as_uri())
        )
        client.initialized(lsp.InitializedParams())
        await talk(client, root, published)
        await client.shutdown_async(None)
        client.exit(None)
        server = client._server
        assert server is not None and server.stderr is not None
        assert (await server.stderr.read(), await server.wait()) == (b"", 0)
        await client.stop()

    asyncio.run(asyncio.wait_for(run(), 60))


def _open(client: LanguageClient, file: Path, text: str) -> lsp.TextDocumentIdentifier:
    client.text_document_did_open(
        lsp.DidOpenTextDocumentParams(lsp.TextDocumentItem(file.as_uri(), "yaml", 1, text))
    )
    return lsp.TextDocumentIdentifier(file.as_uri())


async def _until(condition: Callable[[], Any]) -> None:
    while not condition():
        await asyncio.sleep(0.05)


def _place(text: str, words: str) -> lsp.Position:
    line = next(i for i, x in enumerate(text.splitlines()) if words in x)
    return lsp.Position(line, text.splitlines()[line].index(words) + len(words))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stack(tmp_path_factory.mktemp("editor") / "root")


def test_findings_follow_the_text_and_a_fix_is_offered(root: Path) -> None:
    async def talk(client: LanguageClient, root: Path, published: Published) -> None:
        file = root / "stack.yaml"
        text = file.read_text()
        identifier = _open(client, file, text)
        await _until(lambda: str(file) in published)
        assert published[str(file)] == []
        wrong = text.replace("accelerator: v6e", "acelerator: v6e")
        assert wrong != text
        client.text_document_did_change(
            lsp.DidChangeTextDocumentParams(
                lsp.VersionedTextDocumentIdentifier(2, file.as_uri()),
                [lsp.TextDocumentContentChangeWholeDocument(wrong)],
            )
        )
        await _until(lambda: published[str(file)])
        (found,) = [d for d in published[str(file)] if d.code == "spec-unknown-key"]
        assert found.severity is lsp.DiagnosticSeverity.Error
        assert wrong.splitlines()[found.range.start.line].lstrip().startswith(("- ", "acel"))
        assert "acelerator" in found.message
        actions = await client.text_document_code_action_async(
            lsp.CodeActionParams(identifier, found.range, lsp.CodeActionContext([found]))
        )
        assert actions is not None
        (action,) = actions
        assert isinstance(action, lsp.CodeAction)
        assert action.edit is not None and action.edit.changes is not None
        (edit,) = action.edit.changes[file.as_uri()]
        lines = wrong.split("\n")
        lines[edit.range.start.line : edit.range.end.line] = edit.new_text.rstrip("\n").split("\n")
        assert "\n".join(lines) == text
        assert file.read_text() == text

    session(root, talk)


def test_hover_completion_and_the_way_to_the_output_and_back(root: Path) -> None:
    async def talk(client: LanguageClient, root: Path, published: Published) -> None:
        file = root / "overlays/prod/stack.yaml"
        text = file.read_text()
        identifier = _open(client, file, text)
        place = _place(text, "replicas:")
        hover = await client.text_document_hover_async(lsp.HoverParams(identifier, place))
        assert hover is not None and isinstance(hover.contents, lsp.MarkupContent)
        assert "Number of model servers." in hover.contents.value
        assert "prod: 2 (overlays/prod/stack.yaml:" in hover.contents.value
        targets = await client.text_document_definition_async(
            lsp.DefinitionParams(identifier, place)
        )
        assert isinstance(targets, list)
        budget = [t for t in targets if "poddisruptionbudget" in str(t)]
        assert budget and all("/out/prod/" in str(t) for t in targets)
        there = budget[0]
        assert isinstance(there, lsp.Location)
        rendered = lsp.TextDocumentIdentifier(there.uri)
        back = await client.text_document_definition_async(
            lsp.DefinitionParams(rendered, there.range.start)
        )
        assert isinstance(back, list)
        assert (file.as_uri(), place.line) in {
            (t.uri, t.range.start.line) for t in back if isinstance(t, lsp.Location)
        }
        traced = await client.text_document_hover_async(
            lsp.HoverParams(rendered, there.range.start)
        )
        assert traced is not None and "overlays/prod/stack.yaml" in str(traced.contents)
        _open(client, root / "stack.yaml", "spec:\n  release: llm-\n  gate\n")
        for line, expected in ((1, "llm-d-0.9"), (2, "gateway")):
            offered = await client.text_document_completion_async(
                lsp.CompletionParams(
                    lsp.TextDocumentIdentifier((root / "stack.yaml").as_uri()),
                    lsp.Position(line, len(("", "  release: llm-", "  gate")[line])),
                )
            )
            assert isinstance(offered, list)
            assert expected in {x.label for x in offered}

    session(root, talk)


def test_a_manifest_of_any_source_is_checked(tmp_path: Path) -> None:
    async def talk(client: LanguageClient, root: Path, published: Published) -> None:
        file = root / "pod.yaml"
        text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {container: []}\n"
        _open(client, file, text)
        await _until(lambda: published.get(str(file)))
        assert any(d.severity is lsp.DiagnosticSeverity.Error for d in published[str(file)])
        _open(client, root / "half.yaml", "a: [\n")
        await _until(lambda: published.get(str(root / "half.yaml")))

    session(tmp_path, talk)
