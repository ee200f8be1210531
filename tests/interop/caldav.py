"""Radicale as a CalDAV server on loopback, and vdirsyncer as its client."""

import base64
import importlib.util
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from tests.interop.seen import missing, output, zoned

_USER = "somebody"
_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    port: int

    def request(self, method: str, path: str, body: bytes = b"") -> bytes:
        """The answer's body; `path` is within the user's collections. Anything but success fails."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=_SECONDS)
        login = base64.b64encode(f"{_USER}:any".encode()).decode()
        try:
            connection.request(method, f"/{_USER}/{path}", body, {"Authorization": f"Basic {login}", "Content-Type": "text/calendar"})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        assert 200 <= answer.status < 300, f"{method} {path}: {answer.status} {answer.reason} {text.decode()}"
        return text


@contextmanager
def radicale(folder: Path) -> Iterator[Server]:
    """The server with nothing in it, until the end of the block."""
    _need("radicale")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {
        "config": "",
        "logging-level": "warning",
        "server-hosts": f"127.0.0.1:{port}",
        "auth-type": "none",
        "storage-filesystem-folder": str(folder),
        "web-type": "none",
    }
    command = [sys.executable, "-m", "radicale", *(f"--{name}={value}" for name, value in options.items())]
    log = folder / "log"
    with log.open("wb") as said, subprocess.Popen(command, env=zoned("UTC"), stdout=said, stderr=said) as process:
        try:
            _wait(port, process, log)
            yield Server(port)
        finally:
            process.terminate()


def _wait(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text(encoding="utf-8")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"Radicale did not begin to listen within {_SECONDS} s:\n{log.read_text(encoding='utf-8')}")


_CONFIG = """\
[general]
status_path = "{folder}/status"
[pair both]
a = "here"
b = "server"
collections = null
[storage here]
{here}
[storage server]
type = "caldav"
url = "http://127.0.0.1:{port}/{user}/{collection}/"
username = "{user}"
password = "any"
"""


@dataclass(frozen=True, slots=True)
class Client:
    """One vdirsyncer with a folder of its own, that keeps something in step with a collection of the server."""

    folder: Path

    @property
    def file(self) -> Path:
        """The calendar of a client that keeps one file."""
        return self.folder / "calendar.ics"

    def sync(self) -> None:
        """Both sides changed to what the other has newer. Raises AssertionError for a conflict."""
        output(self._command("sync"), tz="UTC", silent=False)

    def _command(self, verb: str) -> list[str | Path]:
        return [sys.executable, "-m", "vdirsyncer", "-c", self.folder / "config", verb]

    def discover(self) -> None:
        output(self._command("discover"), tz="UTC", silent=False)


def client(folder: Path, server: Server, collection: str, *, one_file: bool) -> Client:
    """A client that has not synchronised yet: of one file with all events, or of a folder with one file each."""
    _need("vdirsyncer")
    one, many = f'type = "singlefile"\npath = "{folder}/calendar.ics"', f'type = "filesystem"\npath = "{folder}/events"\nfileext = ".ics"'
    folder.mkdir()
    config = _CONFIG.format(folder=folder, here=one if one_file else many, port=server.port, user=_USER, collection=collection)
    (folder / "config").write_text(config, encoding="utf-8")
    (folder / "events").mkdir()
    made = Client(folder)
    made.file.write_bytes(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:none\r\nEND:VCALENDAR\r\n")
    made.discover()
    return made


def _need(name: str) -> None:
    if not importlib.util.find_spec(name):
        missing(name, "pip install -e '.[interop]'")
