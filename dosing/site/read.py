"""From a site's file and its band tables to how the site computes (docs/site-files.md).

Drugs are shipped ones, by any of their names. All problems of the file and of its tables are reported at once.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from dosing.dose.bands import BandTable, read_table
from dosing.dose.bodysize import DEFAULT, FORMULAS
from dosing.dose.policy import Policy, parse_policy
from dosing.dose.practice import Practice
from dosing.errors import DoseError, RegimenError, RegimenFileError, nearest
from dosing.regimen import values
from dosing.regimen.drug import Drug, Limit, Weigh
from dosing.regimen.drugs import read_limits
from dosing.regimen.facts import Fact
from dosing.regimen.library import drug_ids, find_drug, read_file, shipped_drug
from dosing.regimen.nodes import Items, Node, Table, Text, parse
from dosing.regimen.reader import Context, Reader, join
from dosing.schedule.closed import WEEKDAYS, Closed, parse_holidays, parse_weekday
from dosing.site.hours import Hours, read_hours
from dosing.units import Quantity, parse_amount

_PRACTICE = ("formula", "rounding", "bands", "stock", "share_vials", "weight", "weigh", "missed", "limits", "rules")
_KEYS = (*_PRACTICE, "closed", "hours", "bring", "call")
_DEFAULT = "default"
_BY_MOUTH = ("tablets", "capsules")
_STOCK = ("vials", *_BY_MOUTH)
# What a policy rounds to must be in the drug's file or in the site's stock.
_NEEDS = {"vial size": ("vials",), "whole vials up": ("vials",), "whole vials down": ("vials",), "stocked": _BY_MOUTH}
_HASH_DIGITS = 12
NONE = "none"

# Values of the fields that a site sets for a drug, by drug id.
_Fields = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Site:
    """One site: how it computes, when it is closed, and when it is open, where its file says so.

    `bring` and `call` are lines for its patients: what to bring to a visit, and whom to call.
    """

    id: str
    title: str
    practice: Practice
    closed: Closed
    hours: Hours | None = None
    bring: tuple[str, ...] = ()
    call: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The id and the hash of the file and its tables, as every output names the site."""
        return self.practice.site


# The sites read last, by path, with the bytes of their file and its tables.
_LOADED: dict[str, tuple[dict[Path, bytes], Site]] = {}


def load_site(path: str) -> Site:
    """The site in the file of that path; it is read anew only where its file or a table beside it has changed.

    Raises RegimenError for a file that can't be read, RegimenFileError with every problem in it.
    """
    if path in _LOADED and all(_is_still(data, name) for name, data in _LOADED[path][0].items()):
        return _LOADED[path][1]
    opened: dict[Path, bytes] = {}

    def open_file(name: Path) -> bytes:
        opened[name] = read_file(name)
        return opened[name]

    site = read_site(open_file(Path(path)), file=path, open_file=open_file)
    _LOADED[path] = opened, site
    return site


def _is_still(data: bytes, path: Path) -> bool:
    """Whether these bytes are still what the file holds."""
    try:
        return read_file(path) == data
    except RegimenError:
        return False


def read_site(data: bytes, *, file: str, open_file: Callable[[Path], bytes]) -> Site:
    """The site in a file's bytes; `open_file` gives the bytes of a band table beside it, or raises RegimenError.

    Raises RegimenFileError with every problem of the file and of its tables.
    """
    reader = Reader(file)
    node = parse(data, file=file, problems=reader.problems)
    return reader.finish(_site(reader, node, data, open_file) if node is not None else None)


def _site(reader: Reader, node: Node, data: bytes, open_file: Callable[[Path], bytes]) -> Site:
    entries = reader.table(node, "", required=("id", "title"), optional=_KEYS)
    id = reader.id(entries.get("id"), "id")
    source = f"site {id}"
    bands = _Bands(reader, open_file)
    bands.read(entries.get("bands"))
    here = Practice(bands=bands.tables, drugs=_fields(reader, entries, source))
    practice = replace(
        here,
        formula=reader.value(entries.get("formula"), "formula", _formula) or DEFAULT,
        rounding=_rounding(reader, entries.get("rounding"), source, here, bands),
        groups=_groups(reader, entries.get("rules")),
        site=f"{id} ({sha256(b''.join([data, *bands.files])).hexdigest()[:_HASH_DIGITS]})",
    )
    closed = _closed(reader, entries.get("closed"))
    return Site(
        id,
        reader.text(entries.get("title"), "title"),
        practice,
        closed,
        read_hours(reader, entries.get("hours"), closed),
        reader.texts(entries.get("bring"), "bring"),
        reader.texts(entries.get("call"), "call"),
    )


def _formula(text: str) -> str:
    if text not in FORMULAS:
        raise ValueError(f"unknown body-surface formula {text!r}{nearest(text, FORMULAS)}; known are {', '.join(FORMULAS)}")
    return text


# -- drugs as keys ------------------------------------------------------------------------------------------------


def _drug(text: str) -> Drug:
    """The shipped drug of that id or name. Raises ValueError."""
    try:
        return shipped_drug(text) if text in drug_ids() else find_drug(text)
    except RegimenError as error:
        raise ValueError(str(error)) from None


def _drugs(reader: Reader, names: Iterable[tuple[Node, str]]) -> Iterator[Drug | None]:
    """The drug of each name; None, with a problem, for an unknown one and for one that was there before."""
    seen: dict[str, int] = {}
    for node, path in names:
        drug = reader.value(node, path, _drug)
        if drug and drug.id in seen:
            reader.wrong(node, path, f"{drug.id} was there before, in line {seen[drug.id]}; keep one")
            drug = None
        elif drug:
            seen[drug.id] = node.line
        yield drug


def _by_drug(reader: Reader, node: Node | None, path: str, *, default: bool = False) -> Iterator[tuple[Drug | None, Node, str]]:
    """The entries of a mapping whose keys are drugs: drug, node and path.

    The drug is None where `default` stands as a key, and where it is wrong, so that what it holds is looked at too.
    """
    if node is None:
        return
    if not isinstance(node, Table) or not node.entries:
        reader.wrong(node, path, "must be a mapping from drugs; leave the key out where there is nothing to say")
        return
    if default and _DEFAULT in node.entries:
        yield None, node.entries[_DEFAULT], join(path, _DEFAULT)
    keys = [key for key in node.entries if not default or key != _DEFAULT]
    names = [(Text(node.lines[key], key), join(path, key)) for key in keys]
    for key, drug in zip(keys, _drugs(reader, names), strict=True):
        yield drug, node.entries[key], join(path, key)


# -- fields of drugs ----------------------------------------------------------------------------------------------


def _fields(reader: Reader, entries: Mapping[str, Node], source: str) -> _Fields:
    """What the site says of drugs, by drug id and field; under the empty id what it says of all that say nothing themselves."""
    found: _Fields = {}
    for key, read in _READERS.items():
        for drug, node, path in _by_drug(reader, entries.get(key), key, default=key == "weigh"):
            found.setdefault(drug.id if drug else "", {}).update(read(reader, drug, node, path, source))
    for id in _shared(reader, entries.get("share_vials")):
        found.setdefault(id, {})["share_vials"] = Fact(True, source)
    return found


def _shared(reader: Reader, node: Node | None) -> Iterator[str]:
    """The ids of the drugs whose vials the site shares."""
    names = reader.items(node, "share_vials")
    for (member, path), drug in zip(names, _drugs(reader, names), strict=True):
        if drug is None:
            continue
        if drug.share_vials and drug.share_vials.stated is False:
            reader.wrong(member, path, f"a vial of {drug.id} must not be shared [{drug.share_vials.source}]")
        _fits_route(reader, drug, "vials", member, path)
        yield drug.id


def _stock(reader: Reader, drug: Drug | None, node: Node, path: str, source: str) -> dict[str, Any]:
    """The sizes and strengths in stock. Of the forms by mouth, one that isn't named is not in stock."""
    if not isinstance(node, Table) or not node.entries:
        reader.wrong(node, path, f"must be a mapping from {', '.join(_STOCK)} to strengths")
        return {}
    entries = reader.table(node, path, required=(), optional=_STOCK)
    found: dict[str, Any] = {}
    for key, member in entries.items():
        where = join(path, key)
        found[key] = Fact(_strengths(reader, drug, member, where), source)
        if drug:
            _fits_route(reader, drug, key, member, where)
    if drug and any(key in found for key in _BY_MOUTH):
        found |= {key: None for key in _BY_MOUTH if key not in found and getattr(drug, key)}
    return found


def _strengths(reader: Reader, drug: Drug | None, node: Node, path: str) -> tuple[Quantity, ...]:
    found: list[Quantity] = []
    if not isinstance(node, Items) or not node.nodes:
        reader.wrong(node, path, "must be a list such as [4 mg, 20 mg]; leave the key out where there is nothing to say")
        return ()
    for member, where in reader.items(node, path):
        size = reader.value(member, where, parse_amount)
        if size is None or not _fits_unit(reader, drug, size, member, where):
            continue
        if any(size.to(each.unit) == each.value for each in found if each.kind == size.kind):
            reader.wrong(member, where, f"{size} is there twice")
        found.append(size)
    return tuple(found)


def _fits_unit(reader: Reader, drug: Drug | None, amount: Quantity, node: Node, path: str) -> bool:
    """Whether an amount is in a unit that the drug is measured in; if not, that is a problem."""
    measured = drug.precision.stated if drug else None
    if drug is None or measured is None or measured.kind == amount.kind:
        return True
    reader.wrong(node, path, f"{amount} is an amount of {amount.kind}; {drug.id} is measured in {measured.unit}")
    return False


def _fits_route(reader: Reader, drug: Drug, form: str, node: Node, path: str) -> None:
    """A problem where the drug has no route for vials, or none for tablets and capsules."""
    routes = drug.routes.stated
    by_mouth = form in _BY_MOUTH
    if routes and not any((route == "PO") == by_mouth for route in routes.split(" or ")):
        reader.wrong(node, path, f"{drug.id} is given {routes}, so not from {form}")


def _weight(reader: Reader, _: Drug | None, node: Node, path: str, source: str) -> dict[str, Any]:
    kind = reader.value(node, path, values.parse_weight_kind)
    return {"weight": Fact(kind, source)} if kind else {}


def _weigh(reader: Reader, _: Drug | None, node: Node, path: str, source: str) -> dict[str, Any]:
    rule = reader.value(node, path, _change)
    return {"weigh": Fact(rule, source)} if rule else {}


def _missed(reader: Reader, _: Drug | None, node: Node, path: str, source: str) -> dict[str, Any]:
    rule = reader.value(node, path, values.parse_missed)
    return {"missed": Fact(rule, source)} if rule else {}


def _change(text: str) -> Weigh:
    rule = values.parse_weigh(text)
    if rule.more_than and rule.more_than.value >= 100:
        raise ValueError(f"{text!r} would never be reached by a loss of weight; write a percentage below 100")
    return rule


def _limits(reader: Reader, drug: Drug | None, node: Node, path: str, source: str) -> dict[str, Any]:
    """The limits by what they hold for. One that names no `together` keeps that of the drug's file."""
    if not isinstance(node, Table) or not node.entries:
        reader.wrong(node, path, "must be a mapping such as {lifetime: {value: 450 mg/m2, act: stop}}")
        return {}
    limits = read_limits(reader, node, path, Context(source=source))
    for key, fact in limits.items():
        member, where = node.entries[key], join(path, key)
        if isinstance(member, Text) and fact.stated is None:
            reader.wrong(member, where, "a site states a limit or leaves it out; the drug's file then holds")
        for name in ("source", "unverified"):
            if isinstance(member, Table) and name in member.entries:
                message = "a limit of a site has the site as its source; say in `because` where it comes from"
                reader.wrong(Text(member.lines[name], name), join(where, name), message)
        if drug and fact.stated:
            _fits_unit(reader, drug, fact.stated.most, member, where)
            limits[key] = replace(fact, value=_joined(reader, drug, key, fact.stated, member, where))
    return {"limits": limits}


def _joined(reader: Reader, drug: Drug, key: str, limit: Limit, node: Node, path: str) -> Limit:
    """The limit with the class of the drug's file where it names none."""
    if limit.together and limit.together not in drug.classes:
        reader.wrong(node, join(path, "together"), f"{limit.together!r} is not a class of {drug.id}{nearest(limit.together, drug.classes)}")
    own = drug.limits[key].stated if key in drug.limits else None
    return limit if limit.together or own is None else replace(limit, together=own.together)


_READERS: dict[str, Callable[[Reader, Drug | None, Node, str, str], dict[str, Any]]] = {
    "stock": _stock,
    "weight": _weight,
    "weigh": _weigh,
    "missed": _missed,
    "limits": _limits,
}


# -- rounding -----------------------------------------------------------------------------------------------------


class _Bands:
    """The band tables as they are read; `tables` are those without problems, `lines` where each is named, `files` their bytes."""

    def __init__(self, reader: Reader, open_file: Callable[[Path], bytes]) -> None:
        self.files: list[bytes] = []
        self.tables: dict[str, BandTable] = {}
        self.lines: dict[str, int] = {}
        self._reader = reader
        self._open = open_file

    def read(self, node: Node | None) -> None:
        """Read every table of `bands`."""
        for name, member, path in self._reader.named(node, "bands"):
            self.lines[name] = member.line
            beside = self._reader.value(member, path, _beside)
            if beside and name:
                self._table(name, beside, member, path)

    def _table(self, name: str, beside: str, node: Node, path: str) -> None:
        where = Path(self._reader.file).parent / beside
        try:
            data = self._open(where)
            self.files.append(data)
            self.tables[name] = read_table(data, name=name, file=str(where))
        except RegimenFileError as error:
            self._reader.problems += error.problems
        except RegimenError as error:
            self._reader.wrong(node, path, str(error))


def _beside(text: str) -> str:
    """The path of a file in the folder of the site's file or below it. Raises ValueError."""
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or "\\" in text or ":" in text or path.suffix != ".csv":
        raise ValueError(f"{text!r} is not the path of a CSV file in the folder of this file, such as tables/name.csv")
    return text


def _rounding(reader: Reader, node: Node | None, source: str, here: Practice, bands: _Bands) -> dict[str, Fact[Policy]]:
    """The policies by drug id, under the empty id the one for all others; every band table must have a use."""
    found: dict[str, Fact[Policy]] = {}
    used: set[str] = set()
    unread = False
    for drug, member, path in _by_drug(reader, node, "rounding", default=True):
        policy = reader.value(member, path, _policy)
        if policy is None:
            unread = True
            continue
        used.add(policy.table)
        wrong = _unknown_table(policy, bands) or (drug and _misfit(policy, here.drug(drug), here.bands))
        if wrong:
            reader.wrong(member, path, wrong)
        found[drug.id if drug else ""] = Fact(policy, source)
    for name, line in bands.lines.items():
        if name and name not in used and not unread:
            reader.wrong(Text(line, name), f"bands.{name}", f"no policy uses this table; write `bands {name}` in `rounding` or take it out")
    return found


def _policy(text: str) -> Policy:
    try:
        return parse_policy(text)
    except DoseError as error:
        raise ValueError(str(error)) from None


def _unknown_table(policy: Policy, bands: _Bands) -> str:
    if not policy.table or policy.table in bands.lines:
        return ""
    return f"there is no band table {policy.table!r} in `bands`{nearest(policy.table, bands.lines)}"


def _misfit(policy: Policy, drug: Drug, tables: Mapping[str, BandTable]) -> str:
    """Why a policy can't be used for the drug as it is at the site, in words; nothing where it can."""
    if drug.never_round and drug.never_round.stated and policy.kind not in ("measurable", "never"):
        return f"{drug.id} is never rounded by a policy [{drug.never_round.source}]"
    fields = _NEEDS.get(policy.kind, ())
    if fields and not any(fact and fact.stated for fact in (getattr(drug, field) for field in fields)):
        return f"`{policy}` needs {' or '.join(fields)} of {drug.id}; its file states none, so name them in `stock`"
    measured = drug.precision.stated
    table = tables.get(policy.table)
    step = policy.step or (table.lower if table else None)
    if measured and step and step.kind != measured.kind:
        return f"`{policy}` is in {step.unit}; {drug.id} is measured in {measured.unit}"
    return ""


# -- groups of rules, closed days ---------------------------------------------------------------------------------


def _groups(reader: Reader, node: Node | None) -> dict[str, str]:
    """The group of alternative rules chosen, by drug id."""
    found: dict[str, str] = {}
    for drug, member, path in _by_drug(reader, node, "rules"):
        group = reader.id(member, path)
        known = sorted({rule.stated.group for rule in drug.rules.values() if rule.stated and rule.stated.group}) if drug else []
        if drug and group and not known:
            reader.wrong(member, path, f"{drug.id} has no alternative rules to choose from")
        elif drug and group and group not in (*known, NONE):
            choice = ", ".join((*known, NONE))
            reader.wrong(member, path, f"{drug.id} has no rules {group!r}{nearest(group, known)}; the choice is {choice}")
        found[drug.id if drug else ""] = group
    return found


def _closed(reader: Reader, node: Node | None) -> Closed:
    if node is None:
        return Closed()
    entries = reader.table(node, "closed", required=(), optional=("weekdays", "dates", "holidays"))
    holidays = reader.value(entries.get("holidays"), "closed.holidays", parse_holidays)
    return Closed(_weekdays(reader, entries.get("weekdays")), _dates(reader, entries.get("dates")), holidays or "")


def _weekdays(reader: Reader, node: Node | None) -> frozenset[int]:
    found: list[int] = []
    for member, path in reader.items(node, "closed.weekdays"):
        day = reader.value(member, path, parse_weekday)
        if day is None:
            continue
        if day in found:
            reader.wrong(member, path, f"{WEEKDAYS[day]} is there twice")
        found.append(day)
    if node and len(set(found)) == len(WEEKDAYS):
        reader.wrong(node, "closed.weekdays", "no day of the week is left to treat on")
    return frozenset(found)


def _dates(reader: Reader, node: Node | None) -> dict[date, str]:
    """Dates with their reasons."""
    if node is None:
        return {}
    if not isinstance(node, Table):
        reader.wrong(node, "closed.dates", "must be a mapping such as {2026-12-24: Christmas Eve}")
        return {}
    found = {}
    for key, member in node.entries.items():
        path = join("closed.dates", key)
        day = reader.value(Text(node.lines[key], key), path, values.parse_date)
        reason = reader.text(member, path)
        if day:
            found[day] = reason
    return found
