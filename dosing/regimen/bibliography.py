"""From the nodes of `sources.yaml` to the bibliography."""

from dosing.regimen import model, values
from dosing.regimen.nodes import Node, parse
from dosing.regimen.reader import Reader


def read_sources(data: bytes, *, file: str) -> dict[str, model.Source]:
    """The bibliography in a file's bytes, by key. Raises RegimenFileError with every problem."""
    reader = Reader(file)
    node = parse(data, file=file, problems=reader.problems)
    named = reader.named(node, "") if node is not None else []
    return reader.finish({id: read_source(reader, member, path, id) for id, member, path in named})


def read_source(reader: Reader, node: Node, path: str, id: str) -> model.Source:
    """One entry of a bibliography, from `sources.yaml` or from a regimen's own `sources`."""
    entries = reader.table(node, path, required=("title", "grade"), optional=["address"])
    grade = reader.value(entries.get("grade"), f"{path}.grade", values.parse_grade) or ""
    return model.Source(
        id, reader.text(entries.get("title"), f"{path}.title"), reader.text(entries.get("address"), f"{path}.address"), grade
    )
