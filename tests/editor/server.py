"""The YAML language server as an editor runs it: requests and answers over standard input and output."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.npm import installed

FOLDER = Path(__file__).parent
PATIENCE = 60
"""Seconds to wait for an answer: a machine under load takes long to start Node.js."""


def program(name: str) -> list[str]:
    """The command line of an installed program. Skips the test where Node.js is missing, except in CI."""
    if not installed(FOLDER):
        said = "Node.js or the language servers are missing; run: python -m tests.editor"
        if os.environ.get("CI"):
            pytest.fail(said)
        pytest.skip(said)
    return ["node", str(FOLDER / "node_modules" / ".bin" / name)]


class Editor:
    """One editor window on a folder. `settings` are those of its .vscode/settings.json."""

    def __init__(self, process: subprocess.Popen[bytes], root: Path, settings: Mapping[str, Any]) -> None:
        self.root = root
        self._process, self._settings = process, settings
        self._messages: queue.Queue[dict[str, Any]] = queue.Queue()
        self._number = self._opened = 0
        self._found: dict[str, list[dict[str, Any]]] = {}
        threading.Thread(target=self._read, daemon=True).start()
        capabilities = {
            "workspace": {"configuration": True},
            "textDocument": {"completion": {"completionItem": {"snippetSupport": True}}},
        }
        folders = [{"uri": root.as_uri(), "name": root.name}]
        self.ask(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": root.as_uri(),
                "workspaceFolders": folders,
                "capabilities": capabilities,
            },
        )
        self._send({"method": "initialized", "params": {}})

    def findings(self, name: str, text: str) -> list[tuple[int, str]]:
        """Line (from 1) and message of what the server finds in the file with this text."""
        uri = self._open(name, text)
        while uri not in self._found:
            self._take()
        return [(found["range"]["start"]["line"] + 1, found["message"]) for found in self._found[uri]]

    def hover(self, name: str, text: str, at: str) -> str:
        """What is shown over the last letter of `at`, where that first stands in the text."""
        answer = self.ask("textDocument/hover", self._position(name, text, at))
        return str(answer["contents"]["value"]) if answer else ""

    def offered(self, name: str, text: str, after: str) -> list[dict[str, Any]]:
        """What is offered when the cursor stands after `after`."""
        answer = self.ask("textDocument/completion", {**self._position(name, text, after, past=True)})
        return list(answer["items"] if isinstance(answer, dict) else answer or [])

    def ask(self, method: str, params: Any) -> Any:
        self._number += 1
        number = self._number
        self._send({"id": number, "method": method, "params": params})
        while True:
            message = self._take()
            if message.get("id") == number and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def _open(self, name: str, text: str) -> str:
        """Each opening is a file of its own in the same folder, so that answers cannot be mixed up."""
        self._opened += 1
        path = self.root / name
        uri = path.with_name(f"{path.stem}-{self._opened}{path.suffix}").as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        return uri

    def _position(self, name: str, text: str, at: str, *, past: bool = False) -> dict[str, Any]:
        end = text.index(at) + len(at) - (0 if past else 1)
        line = text.count("\n", 0, end)
        column = end - (text.rfind("\n", 0, end) + 1)
        return {"textDocument": {"uri": self._open(name, text)}, "position": {"line": line, "character": column}}

    def _take(self) -> dict[str, Any]:
        """The next message; what the server asks of an editor is answered on the way."""
        message = self._messages.get(timeout=PATIENCE)
        if message.get("method") == "workspace/configuration":
            answers = [self._section(item.get("section", "")) for item in message["params"]["items"]]
            self._send({"id": message["id"], "result": answers})
        elif message.get("method") == "textDocument/publishDiagnostics":
            self._found[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "method" in message and "id" in message:
            self._send({"id": message["id"], "result": None})
        return message

    def _section(self, section: str) -> Any:
        """A section of the settings as VS Code nests them: `yaml.schemas` is `schemas` of `yaml`."""
        prefix = f"{section}."
        found: dict[str, Any] = {"validate": True, "hover": True, "completion": True} if section == "yaml" else {}
        found |= {key.removeprefix(prefix): value for key, value in self._settings.items() if key.startswith(prefix)}
        return found or None

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _read(self) -> None:
        assert self._process.stdout
        stream = self._process.stdout
        while line := stream.readline():
            length = 0
            while line.strip():
                name, _, value = line.decode("ascii").partition(":")
                length = int(value) if name.lower() == "content-length" else length
                line = stream.readline()
            self._messages.put(json.loads(stream.read(length)))


@contextmanager
def editor(root: Path, settings: Mapping[str, Any] | None = None) -> Iterator[Editor]:
    command = [*program("yaml-language-server"), "--stdio"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield Editor(process, root, settings or {})
        finally:
            process.kill()
