"""Readers in JavaScript: each is a script beside its packages."""

from pathlib import Path

from tests.interop.seen import HERE, Seen, from_json, missing, output, program

_FOLDER = HERE / "node"


def run(reader: str, path: Path, tz: str) -> list[Seen]:
    node = program("node", "apt-get install nodejs npm")
    if not (_FOLDER / "node_modules" / reader).is_dir():
        missing(reader, "npm ci --prefix tests/interop/node")
    return from_json(output([node, _FOLDER / f"{reader}.mjs", path], tz=tz))
