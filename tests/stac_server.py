"""A STAC API and a file server on loopback, as the specification has them, which can misbehave.

Item Search by GET with ``collections``, ``bbox``, ``datetime``, ``limit`` and pages (STAC API
1.0.0); files with ranges and ``ETag`` (RFC 9110); signatures as the Planetary Computer gives them.
"""

import json
import threading
from collections import Counter
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlencode, urlsplit


class StacServer:
    """Serves items and the files of a folder until it is closed.

    Attributes:
        items: Items of the collection; ``{root}`` in an address stands for the server's own.
        page: Items of a page at most.
        faults: By the beginning of a path, functions of a request that answer in its place, each
            once; one that returns False leaves it to the server.
        requests: Path, range and headers of every request.
        sent: Bytes of content sent, by path.
        needs: Headers that files are given for.
        signed: Whether files are given for a signature alone.
    """

    def __init__(self, folder, items=(), page=100):
        self.folder, self.items, self.page = Path(folder), list(items), page
        self.faults, self.requests, self.sent = {}, [], Counter()
        self.needs, self.signed, self.signatures = {}, False, 0
        self.ranges = True
        handler = type("Handler", (_Handler,), {"stac": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.root = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def api(self):
        return f"{self.root}/v1"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def paths(self):
        return [path for path, _, _ in self.requests]

    def ours(self, document):
        return json.loads(json.dumps(document).replace("{root}", self.root))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    stac = None

    def log_message(self, *_):
        pass

    def do_GET(self):
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        self.stac.requests.append((self.path, self.headers.get("Range"), dict(self.headers)))
        with suppress(BrokenPipeError, ConnectionResetError):
            for start, faults in self.stac.faults.items():
                if path.startswith(start) and faults:
                    fault = faults.pop(0)
                    if fault(self) is not False:
                        return
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            self._serve(path, query)

    def _serve(self, path, query):
        collection = "/v1/collections/sentinel-2-l2a"
        if path.rstrip("/") == "/v1":
            self.json(landing(self.stac.root))
        elif path == "/v1/search":
            self.json(self._search(query))
        elif path.startswith(f"{collection}/items/"):
            name = path.rpartition("/")[2]
            found = [item for item in self.stac.items if item["id"] == name]
            self.json(self.stac.ours(found[0])) if found else self.plain(404)
        elif path == "/sas/token/sentinel-2-l2a":
            self.stac.signatures += 1
            token = f"st=2024&sig=secret{self.stac.signatures}"
            self.json({"msft:expiry": "2999-01-01T00:00:00Z", "token": token})
        elif path.startswith("/files/"):
            self._file(path, query)
        else:
            self.plain(404)

    def _search(self, query):
        west, south, east, north = map(float, query["bbox"].split(","))
        start, end = query["datetime"].split("/")
        found = []
        for item in self.stac.items:
            w, s, e, n = item["bbox"]
            when = item["properties"]["datetime"][:19] + "Z"
            inside = w <= east and e >= west and s <= north and n >= south
            if inside and start <= when <= end and query["collections"] == item["collection"]:
                found.append(item)
        first, size = int(query.get("token", 0)), min(int(query["limit"]), self.stac.page)
        page = {
            "type": "FeatureCollection",
            "features": [self.stac.ours(item) for item in found[first : first + size]],
            "links": [],
        }
        if first + size < len(found):
            more = urlencode({**query, "token": first + size})
            href = f"{self.stac.root}/v1/search?{more}"
            page["links"] = [{"rel": "next", "method": "GET", "href": href}]
        return page

    def _file(self, path, query):
        missing = any(self.headers.get(name) != value for name, value in self.stac.needs.items())
        if missing or (self.stac.signed and query.get("sig") != f"secret{self.stac.signatures}"):
            return self.plain(403)
        file = self.stac.folder / path.removeprefix("/files/")
        if not file.is_file():
            return self.plain(404)
        content = file.read_bytes()
        tag = f'"{len(content)}-{file.stat().st_mtime_ns}"'
        asked = self.headers.get("Range") if self.stac.ranges else None
        if asked and self.headers.get("If-Range", tag) == tag:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            first, last = int(first), min(int(last or len(content)), len(content) - 1)
            if first > last:
                return self.plain(416)
            piece = content[first : last + 1]
            span = f"bytes {first}-{last}/{len(content)}"
            return self.send(206, piece, {"Content-Range": span, "ETag": tag})
        return self.send(200, content, {"ETag": tag, "Accept-Ranges": "bytes"})

    # --- answers ---

    def json(self, document, status=200):
        self.send(status, json.dumps(document).encode(), {"Content-Type": "application/geo+json"})

    def plain(self, status, headers=None):
        self.send(status, b"", headers or {})

    def send(self, status, content, headers, announced=None):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content) if announced is None else announced))
        self.end_headers()
        self.wfile.write(content)
        self.stac.sent[unquote(urlsplit(self.path).path)] += len(content)
        if announced not in (None, len(content)):
            self.close_connection = True


def landing(root):
    return {
        "type": "Catalog",
        "id": "test",
        "stac_version": "1.0.0",
        "description": "A STAC API for tests.",
        "conformsTo": [
            "https://api.stacspec.org/v1.0.0/core",
            "https://api.stacspec.org/v1.0.0/item-search",
        ],
        "links": [
            {"rel": "self", "href": f"{root}/v1"},
            {"rel": "search", "method": "POST", "href": f"{root}/v1/search"},
            {"rel": "search", "method": "GET", "href": f"{root}/v1/search"},
        ],
    }


def status(code, **headers):
    """A fault: another status."""
    return lambda request: request.plain(code, headers)


def redirect(target, code=302):
    """A fault: an answer that is elsewhere."""
    return lambda request: request.plain(code, {"Location": target})


def cut_off(announced=10**6):
    """A fault: an answer that breaks off."""
    return lambda request: request.send(200, b'{"type": "Fea', {}, announced)


def text(content):
    """A fault: another answer."""
    return lambda request: request.send(200, content, {})


def missing_half(request):
    """A fault: half of a piece, with the length of the whole."""
    first, _, last = request.headers["Range"].removeprefix("bytes=").partition("-")
    size = int(last) - int(first) + 1
    span = f"bytes {first}-{last}/{10**6}"
    request.send(206, b"x" * (size // 2), {"Content-Range": span}, size)
