"""Reading a plan file: every problem with its line; and writing one that is sure to be read back as it is.

    dosing_plan: 1
    id: p017
    regimen: krd-asct
    version: 1
    definition: sha256:2c8dd9a4...
    start: 2026-01-05
    patient:
      height: 170
      weight: 70
    log:
      - n: 1
        on: 2026-02-02
        change: delay
        at: C2D1
        mode: all
        by: 7 days
        reason: ANC 0.8
        follows: 7b482818a5e7c9b4

A file is accepted only as `dosing.plan.text` writes it, byte for byte, so that nothing in it is lost when a change is added, and so that
its seals hold. A seal finds slips and edits by hand; it is no signature, and doesn't keep out somebody who makes new seals.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date

from dosing.errors import Problem, RegimenFileError
from dosing.plan.kinds import KINDS, parse_definition
from dosing.plan.model import Asked, Choices, LogEntry, Plan, Reach, wrong_undo
from dosing.plan.names import PATIENT_LISTS, PATIENT_TEXTS, PRACTICE_LISTS, PRACTICE_TEXTS
from dosing.plan.text import FORMAT, SEAL_DIGITS, checked_line, plan_bytes, seals
from dosing.regimen.nodes import MAX_BYTES, Items, Node, Table, Text, parse
from dosing.regimen.reader import Reader, join
from dosing.regimen.values import parse_count, parse_date

_MARKERS = re.compile(rb"^(<{7}|={7}|>{7}|\|{7})(?![<=>|])", re.MULTILINE)
_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?", re.ASCII)
_SEAL = re.compile(rf"[0-9a-f]{{{SEAL_DIGITS}}}", re.ASCII)
_HEAD = ("dosing_plan", "id", "regimen", "version", "definition", "start")
_SECTIONS = ("choices", "patient", "practice", "reach")
_ENTRY = ("n", "on", "change", "reason", "follows")
_EDITED = "a plan file is written by `dosing plan` alone; put back what was there, from a backup or from version control"
_NEVER = {
    b"\r": "the line ends in CR LF, and its bytes are no longer those that were sealed; save the file with LF line ends"
    " (in git: `*.plan.yaml -text` in .gitattributes)",
    b"\t": f"the line holds a tab; {_EDITED}",
    b"\0": f"the file is damaged from here on; {_EDITED}",
}


def parse_plan_id(text: str) -> str:
    """What names a plan in calendars: up to 64 letters, digits, dots, hyphens and underscores. Raises ValueError."""
    if not _ID.fullmatch(text):
        raise ValueError(f"{text!r} is no name for a plan; use up to 64 letters, digits, `.`, `-` and `_`, such as p017")
    return text


def write_plan(plan: Plan) -> bytes:
    """The bytes of the plan's file. Raises RegimenFileError for a plan that would not be read back as it is."""
    data = plan_bytes(plan)
    name = f"{plan.id}.plan.yaml"
    if read_plan(data, file=name) != plan:
        raise RegimenFileError([Problem(name, 0, "", "the plan holds an empty value, or one in another form than its file has")])
    return data


def read_plan(data: bytes, *, file: str) -> Plan:
    """The plan in a file's bytes; `file` is its name for messages.

    Raises RegimenFileError with every problem of form, or with the first line that is not as it was written.
    """
    reader = Reader(file)
    reader.problems += (Problem(file, line, "", message) for line, message in _damage(data))
    node = None if reader.problems else parse(data, file=file, problems=reader.problems)
    plan = reader.finish(_plan(reader, node) if node is not None else None)
    wrong = _departure(plan, data) or _broken_seal(plan, data)
    if wrong:
        raise RegimenFileError([Problem(file, *wrong)])
    return plan


# -- bytes --------------------------------------------------------------------------------------------------------


def _damage(data: bytes) -> Iterator[tuple[int, str]]:
    """What happened to the file as a whole: line and message."""
    if len(data) > MAX_BYTES:
        yield 0, f"the file has more than {MAX_BYTES:,} bytes, the most that a plan may have; begin a new plan"
        return
    if data.startswith(b"\xef\xbb\xbf"):
        yield 1, "the file begins with a byte order mark; save it as UTF-8 without one"
    for byte, message in _NEVER.items():
        if byte in data:
            yield _line_of(data, data.index(byte)), message
    for match in _MARKERS.finditer(data):
        yield (
            _line_of(data, match.start()),
            "a merge conflict was left here; take one of the two files whole and add the other's changes anew",
        )
    if data and not data.endswith(b"\n"):
        yield _line_of(data, len(data)), f"the file is cut off in the middle of this line; {_EDITED}"


def _line_of(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1


def _departure(plan: Plan, data: bytes) -> tuple[int, str, str] | None:
    """Where the file is not as this plan is written: line, path, message."""
    found, expected = data.decode().split("\n"), plan_bytes(plan).decode().split("\n")
    for number, (is_, should) in enumerate(zip(found, expected, strict=False), 1):
        if is_ != should:
            return number, "", f"{is_!r} is not as it was written, which is {should!r}; {_EDITED}"
    return (min(len(found), len(expected)), "", f"there is more here than was written; {_EDITED}") if found != expected else None


def _broken_seal(plan: Plan, data: bytes) -> tuple[int, str, str] | None:
    """The first entry whose seal doesn't fit what stands above it: line, path, message."""
    for entry, seal in zip(plan.log, seals(plan), strict=True):
        if entry.follows != seal:
            line = [number for number, text in enumerate(data.split(b"\n"), 1) if text.startswith(b"    follows: ")][entry.n - 1]
            message = f"change {entry.n} doesn't follow: it, or something above it, was edited since it was written; {_EDITED}"
            return line, f"log[{entry.n}].follows", message
    return None


# -- head ---------------------------------------------------------------------------------------------------------


def _plan(reader: Reader, node: Node) -> Plan | None:
    written = node.entries.get("dosing_plan") if isinstance(node, Table) else None
    if isinstance(written, Text) and written.text != FORMAT:
        reader.wrong(written, "dosing_plan", _other_format(written.text))
        return None
    entries = reader.table(node, "", required=(*_HEAD, "log"), optional=_SECTIONS)
    return Plan(
        id=reader.value(entries.get("id"), "id", parse_plan_id) or "",
        regimen=_text(reader, entries.get("regimen"), "regimen"),
        version=reader.value(entries.get("version"), "version", parse_count) or 0,
        definition=reader.value(entries.get("definition"), "definition", parse_definition) or "",
        start=reader.value(entries.get("start"), "start", parse_date) or date.min,
        choices=_choices(reader, entries.get("choices")),
        patient=_asked(reader, entries.get("patient"), "patient", PATIENT_TEXTS, PATIENT_LISTS),
        practice=_asked(reader, entries.get("practice"), "practice", PRACTICE_TEXTS, PRACTICE_LISTS),
        reach=_reach(reader, entries.get("reach")),
        log=tuple(_log(reader, entries.get("log"))),
    )


def _other_format(text: str) -> str:
    if re.fullmatch("[0-9]{1,9}", text) and int(text) > int(FORMAT):
        return (
            f"the plan was written by a later version of dosing, in format {text}; this one reads format {FORMAT}. Bring dosing up to date"
        )
    return f"{text!r} is no format of plan files; this version of dosing reads format {FORMAT}"


def _text(reader: Reader, node: Node | None, path: str) -> str:
    return reader.value(node, path, checked_line) or ""


def _texts(reader: Reader, node: Node | None, path: str) -> tuple[str, ...]:
    return tuple(_text(reader, member, where) for member, where in reader.items(node, path))


def _pairs(reader: Reader, node: Node | None, path: str, read: Callable[[str], str]) -> dict[str, str]:
    """A mapping from texts of the user's own to texts."""
    if node is None:
        return {}
    if not isinstance(node, Table):
        reader.wrong(node, path, "must be a mapping")
        return {}
    for key, line in node.lines.items():
        reader.value(Text(line, key), join(path, key), checked_line)
    return {key: reader.value(member, join(path, key), read) or "" for key, member in node.entries.items()}


def _section(reader: Reader, node: Node | None, path: str, known: Sequence[str]) -> Mapping[str, Node]:
    return {} if node is None else reader.table(node, path, required=(), optional=known)


def _choices(reader: Reader, node: Node | None) -> Choices:
    entries = _section(reader, node, "choices", ("variant", "proxy", "set", "base", "base_days"))
    return Choices(
        variant=_texts(reader, entries.get("variant"), "choices.variant"),
        proxy=_texts(reader, entries.get("proxy"), "choices.proxy"),
        set=_pairs(reader, entries.get("set"), "choices.set", checked_line),
        base=_text(reader, entries.get("base"), "choices.base"),
        base_days=_text(reader, entries.get("base_days"), "choices.base_days"),
    )


def _asked(reader: Reader, node: Node | None, path: str, texts: Sequence[str], lists: Sequence[str]) -> Asked:
    entries = _section(reader, node, path, (*texts, *lists))
    return Asked(
        texts={name: _text(reader, entries[name], join(path, name)) for name in texts if name in entries},
        lists={name: _texts(reader, entries[name], join(path, name)) for name in lists if name in entries},
    )


def _reach(reader: Reader, node: Node | None) -> Reach:
    entries = _section(reader, node, "reach", ("cycles", "until", "phase_start"))
    starts = _pairs(reader, entries.get("phase_start"), "reach.phase_start", lambda text: str(parse_date(text)))
    return Reach(
        cycles=reader.value(entries.get("cycles"), "reach.cycles", parse_count),
        until=reader.value(entries.get("until"), "reach.until", parse_date),
        phase_start={phase: date.fromisoformat(day) for phase, day in starts.items() if day},
    )


# -- log ----------------------------------------------------------------------------------------------------------


def _log(reader: Reader, node: Node | None) -> Iterator[LogEntry]:
    """The entries up to the first that has a problem. A log without entries is `log:` and nothing."""
    if node is None or (isinstance(node, Text) and not node.text):
        return
    if not isinstance(node, Items) or not node.nodes:
        reader.wrong(node, "log", "must be a list of changes; `log:` alone where there are none yet")
        return
    log = []
    for number, (member, path) in enumerate(reader.items(node, "log"), 1):
        entry = _entry(reader, member, path, number)
        log += [entry] if entry else []
    if not reader.problems and (wrong := wrong_undo(log)):
        reader.wrong(node.nodes[wrong[0] - 1], f"log[{wrong[0]}]", wrong[1])
    yield from log


def _entry(reader: Reader, node: Node, path: str, number: int) -> LogEntry | None:
    before = len(reader.problems)
    if isinstance(node, Table) and "follows" not in node.entries:
        reader.wrong(node, path, f"the change has no `follows`: the file is cut off here, or was edited; {_EDITED}")
        return None
    kind = node.entries.get("change") if isinstance(node, Table) else None
    name = reader.value(kind, join(path, "change"), _kind) or ""
    # Of an unknown kind no field is known, so its keys say nothing.
    if kind is not None and not name:
        return None
    known = KINDS[name].fields if name else ()
    entries = reader.table(node, path, required=_ENTRY, optional=("author", *known))
    found = LogEntry(
        n=reader.value(entries.get("n"), join(path, "n"), lambda text: _number(text, number)) or 0,
        on=reader.value(entries.get("on"), join(path, "on"), parse_date) or date.min,
        kind=name,
        fields=_fields(reader, node, entries, path, name) if name else {},
        reason=_text(reader, entries.get("reason"), join(path, "reason")),
        author=_text(reader, entries.get("author"), join(path, "author")),
        follows=reader.value(entries.get("follows"), join(path, "follows"), _seal) or "",
    )
    return found if len(reader.problems) == before else None


def _fields(reader: Reader, node: Node, entries: Mapping[str, Node], path: str, kind: str) -> dict[str, str]:
    known = KINDS[kind]
    given = {name: _text(reader, entries[name], join(path, name)) for name in known.fields if name in entries}
    wrong = [(name, message) for name, message in known.problems(given) if not name or given[name]]
    for name, message in wrong:
        reader.wrong(entries.get(name, node), join(path, name) if name else path, message)
    return {} if wrong or not all(given.values()) else known.normal(given)


def _kind(text: str) -> str:
    if text not in KINDS:
        raise ValueError(f"there is no change {text!r} (there are {', '.join(KINDS)})")
    return text


def _number(text: str, expected: int) -> int:
    if text != str(expected):
        raise ValueError(f"is {text!r}, but this is change {expected} of the log; {_EDITED}")
    return expected


def _seal(text: str) -> str:
    if not _SEAL.fullmatch(text):
        raise ValueError(f"{text!r} is not the beginning of a SHA-256 ({SEAL_DIGITS} hexadecimal digits)")
    return text
