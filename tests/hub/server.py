"""A small Hub on this machine, which speaks the Hub's protocol to the real clients.

It serves repositories that tests put into it, by commit, with etags, ranges and redirects to where
large files lie; and it can misbehave in every way in which a network and a Hub do.
"""

import hashlib
import json
import re
import socket
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.hub.uploads import Refused, answer_upload

LARGE = 2_000  # bytes from which a file lies elsewhere, as the Hub's LFS files do
CHUNK = 1 << 16


@dataclass(frozen=True)
class Claimed:
    """A file that is only announced: its size, and no content."""

    size: int


Content = bytes | Path | Claimed


@dataclass
class Fault:
    """Something that goes wrong with requests whose path contains `part`.

    Attributes:
        times: how often; then all is well again.
        status: answer with this status (and `headers`), and nothing else.
        cut: close the connection after so many bytes of a file, either way.
        pause: wait so many seconds before each chunk of a file.
        more: append these bytes to a file.
    """

    part: str
    times: int = 10**9
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    pause: float = 0.0
    more: bytes = b""


@dataclass(frozen=True)
class User:
    """Whose token it is, and under which other names it may write."""

    name: str
    organizations: tuple[str, ...] = ()
    role: str = "write"


@dataclass(frozen=True)
class Commit:
    sha: str
    files: Mapping[str, Content]
    card: Any


def size_of(content: Content) -> int:
    if isinstance(content, Claimed):
        return content.size
    return content.stat().st_size if isinstance(content, Path) else len(content)


def bytes_of(content: Content) -> bytes:
    if isinstance(content, Claimed):
        return b""
    return content.read_bytes() if isinstance(content, Path) else content


def is_large(content: Content) -> bool:
    return size_of(content) >= LARGE


def digest_of(content: Content) -> str:
    data = bytes_of(content)
    if is_large(content):
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing where a client went away, as clients do.

        A traceback written by this thread parses its lines, which CPython 3.11 does not take
        beside a parse in another thread (gh-106905).
        """
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class LoopbackHub:
    """Repositories by kind ("models", "datasets") and name; `requests` is what was asked.

    Attributes:
        gated: names that need a token; `private`: names that do not exist without one.
        users: by token, who may write.
        blobs: large files that were sent, by sha256, committed or not.
        quota: bytes of large files that are taken at once.
        sent, received: bytes of files.
    """

    def __init__(self) -> None:
        self.url = self._serve()
        self.large_url = self._serve()  # large files lie on another host than the Hub
        self.clear()

    def _serve(self) -> str:
        server = _Server(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}"

    def clear(self) -> None:
        """Forget everything."""
        self.commits: dict[tuple[str, str], dict[str, Commit]] = {}
        self.refs: dict[tuple[str, str], dict[str, str]] = {}
        self.gated: set[str] = set()
        self.private: set[str] = set()
        self.users: dict[str, User] = {}
        self.blobs: dict[str, bytes] = {}
        self.quota: int | None = None
        self.received = 0
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str]] = []
        self.sent = 0  # bytes of files

    def add(
        self,
        name: str,
        files: Mapping[str, Content],
        *,
        kind: str = "models",
        card: Any = None,
        revision: str = "main",
    ) -> str:
        """A new commit of the repository with exactly these files; gives its sha."""
        names = sorted((file, digest_of(content)) for file, content in files.items())
        count = len(self.commits.get((kind, name), {}))
        sha = hashlib.sha1(json.dumps([name, names, count]).encode()).hexdigest()
        self.commits.setdefault((kind, name), {})[sha] = Commit(sha, dict(files), card)
        self.refs.setdefault((kind, name), {})[revision] = sha
        return sha

    def add_folder(self, name: str, folder: Path, *, kind: str = "models", card: Any = None) -> str:
        """A commit of all files under `folder`."""
        files = {
            path.relative_to(folder).as_posix(): path
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        return self.add(name, files, kind=kind, card=card)

    def fault(self, part: str, **what: Any) -> Fault:
        """Let something go wrong with requests whose path contains `part`."""
        fault = Fault(part, **what)
        self.faults.append(fault)
        return fault

    def asked(self, part: str) -> list[tuple[str, str]]:
        """The requests so far whose path contains `part`."""
        return [request for request in self.requests if part in request[1]]

    def find(self, kind: str, name: str, revision: str) -> Commit | None:
        sha = self.refs.get((kind, name), {}).get(revision, revision)
        return self.commits.get((kind, name), {}).get(sha)

    def take_fault(self, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.part in path and fault.times > 0:
                fault.times -= 1
                return fault
        return None


def _handler(hub: LoopbackHub) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        pass

    Handler.hub = hub
    return Handler


API = re.compile(
    r"/api/(models|datasets|spaces)/([^/]+/[^/]+|[^/]+?)(?:/(revision|tree|paths-info)/([^/]+)(?:/(.*))?)?"
)
FILE = re.compile(r"/(?:(datasets)/)?((?:[^/]+/)?[^/]+)/resolve/([^/]+)/(.+)")


class _Handler(BaseHTTPRequestHandler):
    hub: LoopbackHub
    protocol_version = "HTTP/1.1"
    # Headers and body are two writes: the second would wait 40 ms until the first is acknowledged.
    disable_nagle_algorithm = True

    def log_message(self, *_: Any) -> None:
        """Quiet: tests read `hub.requests`."""

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def _answer(self) -> None:
        url = urlsplit(self.path)
        path = unquote(url.path)
        self.hub.requests.append((self.command, path))
        fault = self.hub.take_fault(path)
        if fault is not None and fault.cut is not None and self.command in ("PUT", "POST"):
            self.rfile.read(min(fault.cut, int(self.headers.get("Content-Length") or fault.cut)))
            self.close_connection = True
            return
        self._body = self._received()
        try:
            written = None
            if fault is None or fault.status is None:
                written = answer_upload(
                    self.hub, self.command, path, self._body, token=self._token()
                )
        except Refused as refused:
            self._send(refused.status, refused.body, refused.headers)
            return
        if written is not None:
            self._json(written)
        elif fault is not None and fault.status is not None:
            self._send(fault.status, b"{}", dict(fault.headers))
        elif match := API.fullmatch(path):
            self._api(match, parse_qs(url.query))
        elif match := FILE.fullmatch(path):
            self._resolve(match, fault)
        elif path.startswith("/large/"):
            self._large(path, fault)
        else:
            self._send(404, b"{}")

    def _received(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            length = int(self.headers.get("Content-Length") or 0)
            return self.rfile.read(length) if length else b""
        body = b""
        while size := int(self.rfile.readline().strip() or b"0", 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _token(self) -> str | None:
        kind, _, token = self.headers.get("Authorization", "").partition(" ")
        return token if kind == "Bearer" else None

    def _api(self, match: re.Match[str], query: Mapping[str, list[str]]) -> None:
        kind, name, what, revision, under = match.groups()
        commit = self._commit(kind, name, unquote(revision or "main"))
        if commit is None:
            return
        if what in (None, "revision"):
            self._json(self._info(name, commit, with_sizes="blobs" in query))
        elif what == "tree":
            inside = f"{under}/" if under else ""
            names = [file for file in commit.files if file.startswith(inside)]
            recursive = query.get("recursive", ["false"])[0].lower() == "true"
            self._json(_tree(commit, names, inside=inside, recursive=recursive))
        else:
            paths = parse_qs(self._body.decode()).get("paths") or json.loads(self._body)["paths"]
            files = [file for file in paths if file in commit.files]
            folders = [
                {"type": "directory", "oid": "0" * 40, "size": 0, "path": path}
                for path in paths
                if path not in files and any(f.startswith(f"{path}/") for f in commit.files)
            ]
            self._json([_entry(commit, file) for file in files] + folders)

    def _info(self, name: str, commit: Commit, *, with_sizes: bool) -> dict[str, Any]:
        siblings: list[dict[str, Any]] = []
        for file, content in commit.files.items():
            sibling: dict[str, Any] = {"rfilename": file}
            if with_sizes:
                sibling |= {"size": size_of(content), "blobId": digest_of(content)[:40]}
                if is_large(content):
                    size = size_of(content)
                    sibling["lfs"] = {
                        "sha256": digest_of(content),
                        "size": size,
                        "pointerSize": 134,
                    }
            siblings.append(sibling)
        return {
            "_id": "0" * 24,
            "id": name,
            "modelId": name,
            "sha": commit.sha,
            "siblings": siblings,
            "cardData": commit.card,
            "tags": [],
            "private": name in self.hub.private,
            "gated": "auto" if name in self.hub.gated else False,
            "disabled": False,
            "downloads": 0,
            "likes": 0,
            "lastModified": "2024-01-01T00:00:00.000Z",
        }

    def _commit(self, kind: str, name: str, revision: str) -> Commit | None:
        hidden = name in self.hub.private and self._token() not in self.hub.users
        if (kind, name) not in self.hub.commits or hidden:
            # As the Hub does it: who may not see a repository hears that it is not there.
            self._send(401, b"{}", {"X-Error-Code": "RepoNotFound"})
            return None
        commit = self.hub.find(kind, name, revision)
        if commit is None:
            self._send(404, b"{}", {"X-Error-Code": "RevisionNotFound"})
        return commit

    def _resolve(self, match: re.Match[str], fault: Fault | None) -> None:
        kind, name, revision, file = match.groups()
        commit = self._commit(kind or "models", name, revision)
        if commit is None:
            return
        if name in self.hub.gated and "Authorization" not in self.headers:
            self._send(403, b"{}", {"X-Error-Code": "GatedRepo"})
            return
        content = commit.files.get(file)
        headers = {"X-Repo-Commit": commit.sha}
        if content is None:
            self._send(404, b"{}", {**headers, "X-Error-Code": "EntryNotFound"})
            return
        digest = digest_of(content)
        if is_large(content):
            headers |= {
                "X-Linked-Etag": f'"{digest}"',
                "X-Linked-Size": str(size_of(content)),
                "Location": f"{self.hub.large_url}/large/{kind or 'models'}/{name}/"
                f"{commit.sha}/{file}",
                "ETag": f'"{digest[:32]}"',
            }
            self._send(302, b"", headers)
        else:
            self._file(content, {**headers, "ETag": f'"{digest}"'}, fault)

    def _large(self, path: str, fault: Fault | None) -> None:
        kind, rest = path.removeprefix("/large/").split("/", 1)
        for (own, name), commits in self.hub.commits.items():
            if own == kind and rest.startswith(f"{name}/"):
                sha, file = rest.removeprefix(f"{name}/").split("/", 1)
                content = commits[sha].files[file]
                self._file(content, {"ETag": f'"{digest_of(content)}"'}, fault)
                return
        self._send(404, b"")

    def _file(self, content: Content, headers: dict[str, str], fault: Fault | None) -> None:
        data = bytes_of(content) + (fault.more if fault else b"")
        start, stop, status = 0, len(data), 200
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if asked:
            start = int(asked[1]) if asked[1] else len(data) - int(asked[2])
            stop = min(len(data), int(asked[2]) + 1) if asked[1] and asked[2] else len(data)
            if start >= len(data):
                self._send(416, b"", {"Content-Range": f"bytes */{len(data)}"})
                return
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(data)}"
            status = 206
        self.send_response(status)
        for key, value in {**headers, "Accept-Ranges": "bytes"}.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(stop - start))
        self.end_headers()
        if self.command == "HEAD":
            return
        self._pour(data[start:stop], fault)

    def _pour(self, data: bytes, fault: Fault | None) -> None:
        end = len(data) if fault is None or fault.cut is None else min(fault.cut, len(data))
        try:
            for position in range(0, end, CHUNK):
                if fault is not None and fault.pause:
                    time.sleep(fault.pause)
                if self._is_gone():
                    break
                chunk = data[position : min(position + CHUNK, end)]
                self.hub.sent += len(chunk)  # first: whoever has the bytes may ask at once
                self.wfile.write(chunk)
        except OSError:
            self.close_connection = True
        if end < len(data):
            self.close_connection = True

    def _is_gone(self) -> bool:
        """Whether the client closed the connection; what is sent then counts in another test."""
        try:
            return self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
        except BlockingIOError:
            return False

    def _json(self, value: object) -> None:
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _tree(
    commit: Commit, names: list[str], *, inside: str, recursive: bool
) -> list[dict[str, Any]]:
    entries: dict[str, dict[str, Any]] = {}
    for file in names:
        rest = file.removeprefix(inside)
        if "/" in rest:
            folder = inside + rest.partition("/")[0]
            entries[folder] = {"type": "directory", "oid": "0" * 40, "size": 0, "path": folder}
        if "/" not in rest or recursive:
            entries[file] = _entry(commit, file)
    return list(entries.values())


def _entry(commit: Commit, file: str) -> dict[str, Any]:
    content = commit.files[file]
    digest, size = digest_of(content), size_of(content)
    entry: dict[str, Any] = {"type": "file", "oid": digest[:40], "size": size, "path": file}
    if is_large(content):
        entry["lfs"] = {"oid": digest, "size": size, "pointerSize": 134}
    entry["lastCommit"] = {"id": commit.sha, "title": "x", "date": "2024-01-01T00:00:00.000Z"}
    return entry
