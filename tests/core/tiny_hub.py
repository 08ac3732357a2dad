"""A hub on 127.0.0.1: real HTTP, the few addresses that huggingface_hub asks for, and faults on demand."""

from __future__ import annotations

import hashlib
import json
import threading
import urllib.parse
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class TinyHub:
    """Serves repositories from folders, and plain files under /files/.

    Attributes:
        repositories: `owner/name` -> folder.
        files: path below /files/ -> content.
        licence: what the models' cards state.
        break_after: file name -> number of bytes after which its next download breaks off, once.
        log: (method, path, Range header) of every request.
    """

    repositories: dict[str, Path] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    licence: str = "cc-by-4.0"
    break_after: dict[str, int] = field(default_factory=dict)
    log: list[tuple[str, str, str]] = field(default_factory=list)

    def __enter__(self) -> TinyHub:
        hub = self

        class Handler(_Handler):
            state = hub

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Base address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def downloads(self, name: str) -> list[str]:
        """The Range headers of the GET requests for a file, in order; "" where none was sent."""
        return [ranges for method, path, ranges in self.log if method == "GET" and path.endswith("/" + name)]


class _Handler(BaseHTTPRequestHandler):
    state: TinyHub
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        """Say nothing on standard error."""

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, body: bool) -> None:
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
        self.state.log.append((self.command, path, self.headers.get("Range", "")))
        if path.startswith("/files/") and path.removeprefix("/files/") in self.state.files:
            self._send_file(path.rsplit("/", 1)[-1], self.state.files[path.removeprefix("/files/")], body)
            return
        for name, folder in self.state.repositories.items():
            if path.startswith(f"/api/models/{name}/revision/") or path == f"/api/models/{name}":
                revision = path.rsplit("/", 1)[-1]
                known = revision in ("main", COMMIT) or path == f"/api/models/{name}"
                self._send_json(self._info(name, folder)) if known else self._missing("RevisionNotFound")
                return
            if path == f"/api/models/{name}/tree/{COMMIT}":
                self._send_json(self._tree(folder))
                return
            start = f"/{name}/resolve/{COMMIT}/"
            if path.startswith(start) and (folder / path.removeprefix(start)).is_file():
                file = folder / path.removeprefix(start)
                self._send_file(file.name, file.read_bytes(), body)
                return
        self._missing("RepoNotFound")

    def _info(self, name: str, folder: Path) -> dict[str, object]:
        siblings = [{"rfilename": item["path"]} for item in self._tree(folder)]
        tags = [f"license:{self.state.licence}"]
        return {
            "id": name,
            "modelId": name,
            "sha": COMMIT,
            "siblings": siblings,
            "tags": tags,
            "private": False,
        }

    def _tree(self, folder: Path) -> list[dict[str, object]]:
        return [
            {
                "type": "file",
                "path": found.relative_to(folder).as_posix(),
                "size": found.stat().st_size,
                "oid": _etag(found.read_bytes()),
            }
            for found in sorted(folder.rglob("*"))
            if found.is_file()
        ]

    def _send_json(self, data: object) -> None:
        content = json.dumps(data).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _missing(self, code: str) -> None:
        self.send_response(404)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send_file(self, name: str, content: bytes, body: bool) -> None:
        ranges = self.headers.get("Range", "")
        start = int(ranges.removeprefix("bytes=").split("-")[0]) if ranges else 0
        if start >= len(content) > 0:
            self.send_response(416)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        part = content[start:]
        self.send_response(206 if ranges else 200)
        self.send_header("ETag", f'"{_etag(content)}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", str(len(part)))
        if ranges:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        if not body:
            return
        limit = self.state.break_after.pop(name, None)
        self.wfile.write(part if limit is None else part[:limit])
        if limit is not None:
            self.wfile.flush()
            self.close_connection = True  # fewer bytes than promised: the connection broke


def _etag(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
