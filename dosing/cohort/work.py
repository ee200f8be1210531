"""From one block of the table of patients to its table of doses: who is taken, who is rejected, which pattern each has.

    text -> asking (shared) and own texts -> template -> amounts -> rows

Patients who ask for the same thing share a template. Whoever has changes, lets a stop pass, or lies next to a limit goes through the
one-patient path alone; so does everybody whom it refuses, and the error is the same.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dosing.cohort import people
from dosing.cohort.amounts import Branch, Sizes, Way, find, shown_as
from dosing.cohort.arrays import of_numpy, one, to_numpy
from dosing.cohort.changes import Changes
from dosing.cohort.columns import arrow
from dosing.cohort.exact import Shared, dosed, read_shared
from dosing.cohort.gather import Expander, Mended, Taken
from dosing.cohort.lines import lines
from dosing.cohort.measured import Read, read_block
from dosing.cohort.people import Terms
from dosing.cohort.pool import Pool
from dosing.cohort.rejected import Reject, reject
from dosing.cohort.ruled import Ruled
from dosing.cohort.sizes import Floats
from dosing.cohort.template import OWN, TEXTS, Slot, Template, moves_with_start, says, template_of
from dosing.dose.amount import compute
from dosing.dose.schedule import DosedSchedule
from dosing.errors import DosingError, PatientError
from dosing.plan.definition import define
from dosing.plan.model import Choices

if TYPE_CHECKING:
    import pyarrow as pa

Places = npt.NDArray[np.intp]

# Lists of options that the one-patient path alone knows what to do with.
_ALONE = ("measured", "override", "prior")
_KEPT = 2_000
# Rows of templates that are kept: about 200 bytes each.
_KEPT_ROWS = 400_000
# Texts that are kept: every block carries all of them, and patients who go alone have texts of their own.
_KEPT_TEXTS = 20_000
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# A size below every cap.
_USUAL = {"height": "150", "weight": "50", "bsa": "1.4"}


@dataclass(frozen=True, slots=True)
class Block:
    """What became of one block: its doses, the rows that were rejected, and how many patients were taken, of whom some alone.

    `doses` is a table, or the lines of a CSV file.
    """

    doses: "pa.Table | pa.Buffer"
    rows: int
    rejects: tuple[Reject, ...]
    patients: int
    alone: int


@dataclass(slots=True)
class _Said:
    """What must be said of a regimen as a whole, once for all its patients: notes, and what nobody stated."""

    definition: str
    site: str
    notes: dict[str, None] = field(default_factory=dict)
    missing: dict[str, None] = field(default_factory=dict)


@dataclass(slots=True)
class _Group:
    """Patients who ask for the same: what they share, or the error that all of them meet. `fixed`: every date moves with the start."""

    shared: Shared | None
    error: DosingError | None = None
    fixed: bool = False
    templates: dict[object, Template] = field(default_factory=dict)
    ruled: Ruled | None = None


@dataclass(slots=True)
class _Filling:
    """What gathers while a block is looked at, by the place of each row."""

    templates: dict[int, Template] = field(default_factory=dict)
    values: dict[int, tuple[tuple[Template, Mapping[str, Floats]], int]] = field(default_factory=dict)
    mended: list[tuple[int, Places, Sequence[str], str]] = field(default_factory=list)
    errors: dict[int, DosingError] = field(default_factory=dict)
    alone: int = 0


class Worker:
    """Makes doses of patients, block by block; what it learned of one block serves the next.

    `form` is that of the file: for `csv` the doses are lines, for `arrow` texts keep their codes for the whole run.
    """

    def __init__(self, terms: Terms, *, form: str = "parquet") -> None:
        self._terms = terms
        self._lines = form == "csv"
        self._changes: Changes = Changes()
        self._groups: dict[tuple[object, ...], _Group] = {}
        self._pools = {name: Pool() for name in TEXTS}
        self._keeping = form == "arrow"
        self._expander = Expander(self._pools, keeping=self._keeping)
        self._each: dict[object, tuple[tuple[float, float, float], tuple[tuple[str, ...], str]]] = {}
        self._said: dict[str, _Said] = {}
        # Rows of all templates that are kept.
        self._rows = 0

    def block(
        self, table: "pa.Table", *, first: int = 1, changes: Changes | None = None, repeated: Mapping[int, int] | None = None
    ) -> Block:
        """The doses of one block, whose first row has the number `first`.

        `repeated` has the rows (from 1) whose patient stands in an earlier row, with that row.
        """
        if not self._keeping and sum(map(len, self._pools.values())) > _KEPT_TEXTS:
            self._forget()
        read = read_block(table)
        self._changes = changes or Changes()
        self._refuse_early(read, first, repeated or {})
        filling = _Filling(errors=dict(read.errors))
        for places, group in self._grouped(table):
            self._fill(group, places, read, filling)
        taken = _taken(read, filling)
        rejects = tuple(
            reject(first + place, read.id(place), error, columns=table.column_names) for place, error in sorted(filling.errors.items())
        )
        return Block(self._form(taken), sum(map(len, taken.templates)), rejects, len(taken.templates), filling.alone)

    def _forget(self) -> None:
        """Begin anew with texts, and with the templates that have their codes."""
        self._drop_templates()
        self._each.clear()
        self._pools.update({name: Pool() for name in TEXTS})

    def _drop_templates(self) -> None:
        for group in self._groups.values():
            group.templates.clear()
        self._rows = 0

    def _form(self, taken: Taken) -> "pa.Table | pa.Buffer":
        if self._lines:
            return lines(taken, self._expander.layout(taken), self._pools) if taken.templates else arrow().py_buffer(b"")
        return self._expander.table(taken)

    def described(self) -> dict[str, dict[str, Any]]:
        """Of each regimen so far: the hash of its definition, the site, the notes, and what nobody stated."""
        return {
            name: {"definition": said.definition, "site": said.site, "notes": list(said.notes), "missing": list(said.missing)}
            for name, said in self._said.items()
        }

    def _refuse_early(self, read: Read, first: int, repeated: Mapping[int, int]) -> None:
        """Errors of rows that nobody needs to look at any further."""
        for row, earlier in repeated.items():
            if first <= row < first + len(read):
                read.errors[row - first] = PatientError(
                    f"the patient of row {earlier} stands here again; give each patient one row, or another patient_id"
                )
        unread = {id: (row, error) for row, id, error in reversed(self._changes.bad)}
        if unread:
            for place in range(len(read)):
                row, error = unread.get(read.id(place), (0, None))
                if error:
                    read.errors.setdefault(place, type(error)(f"row {row} of the changes of this patient can't be used: {error}"))

    # -- groups ---------------------------------------------------------------------------------------------------

    def _grouped(self, table: "pa.Table") -> Iterator[tuple[Places, _Group]]:
        """The groups of a block, each with the places of its rows."""
        names = people.shared(table)
        columns = [table.column(name).combine_chunks().dictionary_encode() for name in names]
        codes = np.array([to_numpy(each.indices.fill_null(one(np.int32(-1)))) for each in columns]).T
        kinds, of = np.unique(codes, axis=0, return_inverse=True)
        for number, kind in enumerate(kinds):
            row = {
                name: each.dictionary[int(code)].as_py() if code >= 0 else None
                for name, each, code in zip(names, columns, kind, strict=True)
            }
            yield np.flatnonzero(of.ravel() == number), self._group(row)

    def _group(self, row: Mapping[str, str | None]) -> _Group:
        key = tuple(row.items())
        if key not in self._groups:
            if len(self._groups) >= _KEPT:
                self._groups.clear()
                self._rows = 0
            self._groups[key] = self._new_group(row)
        return self._groups[key]

    def _new_group(self, row: Mapping[str, str | None]) -> _Group:
        try:
            shared = read_shared(people.asking(row, self._terms))
        except DosingError as error:
            return _Group(None, error)
        return _Group(shared, fixed=_fixed(shared))

    # -- patients -------------------------------------------------------------------------------------------------

    def _fill(self, group: _Group, places: Places, read: Read, into: _Filling) -> None:
        """Take the patients of a group, together where they share a template."""
        places = np.array([place for place in places if place not in into.errors], np.intp) if into.errors else places
        if group.shared is None:
            into.errors |= {int(place): group.error or PatientError("not known") for place in places}
            return
        apart = self._apart(group.shared, places, read)
        for place in places[apart]:
            self._alone(group.shared, int(place), read, into)
        for key, together in self._keyed(group, places[~apart], read, into):
            self._share(group, key, together, read, into)

    def _apart(self, shared: Shared, places: Places, read: Read) -> npt.NDArray[np.bool_]:
        """Which patients go through the one-patient path in any case."""
        if any(name in shared.asking.lists for name in _ALONE):
            return np.full(len(places), True)
        alone = read.alone[places]
        if self._changes.of:
            alone |= np.array([read.id(int(place)) in self._changes.of for place in places], np.bool_)
        return alone

    def _keyed(self, group: _Group, places: Places, read: Read, into: _Filling) -> Iterator[tuple[object, Places]]:
        """The patients by what tells the patterns of a group apart: what is measured, the rules that apply, the start where it counts."""
        keys: dict[object, list[int]] = {}
        plain = places[~read.second[places]] if group.fixed else places[:0]
        for pattern in sorted(set(read.pattern[plain].tolist())):
            yield (pattern, (), None), plain[read.pattern[plain] == pattern]
        for place in map(int, places[read.second[places]] if group.fixed else places):
            try:
                keys.setdefault(_key(group, place, read), []).append(place)
            except DosingError as error:
                into.errors[place] = error
        yield from ((key, np.array(together, np.intp)) for key, together in keys.items())

    def _share(self, group: _Group, key: object, places: Places, read: Read, into: _Filling) -> None:
        """Take patients by their common template, which the first of them makes where there is none."""
        assert group.shared is not None
        for number, place in enumerate(map(int, places)):
            template = group.templates.get(key) or self._made(group.shared, place, read, into)
            if template is None:
                continue
            self._keep(group, key, template)
            self._together(group.shared, template, places[number:], read, into)
            return

    def _keep(self, group: _Group, key: object, template: Template) -> None:
        """Keep a template for the patients to come; when there are too many, those before it are made again where they are needed."""
        if key in group.templates:
            return
        if self._rows + len(template) > _KEPT_ROWS:
            self._drop_templates()
        group.templates[key] = template
        self._rows += len(template)

    def _made(self, shared: Shared, place: int, read: Read, into: _Filling) -> Template | None:
        """The template of one patient's schedule; None where that patient can't be drawn, or is one of those who go alone."""
        try:
            found = dosed(shared, read.own(place), read.start(place))
        except DosingError as error:
            into.errors[place] = error
            return None
        template = template_of(found, self._pools, start=read.start(place))
        sizes = read.sizes.take(np.array([place]))
        if not template.bounds.within(*_amounts(found, template), sizes.weight_kg)[0]:
            self._take_alone(shared, found, place, read, into)
            return None
        self._make_plain(shared, template, read.own(place))
        self._say(shared, template)
        return template

    def _make_plain(self, shared: Shared, template: Template, own: Mapping[str, str]) -> None:
        """Let the template's notes say what most patients' say: the one who made it may be above a cap.

        Where even a small size meets a cap or a maximum, nothing is usual, and each patient's amount is found alone.
        """
        usual = {**own, **{name: text for name, text in _USUAL.items() if name in own}}
        small = Sizes(*(np.array([float(usual.get(name, "nan"))]) for name in _USUAL))
        for number, slot in enumerate(template.slots):
            if slot.order is None or slot.way is Way.EACH:
                continue
            if find(slot.order, slot.way, small, formula=shared.practice.formula).branch[0] != Branch.PLAIN:
                template.slots[number] = replace(slot, way=Way.EACH)
            else:
                words = self._by_itself(shared, slot, usual)[1]
                template.codes["note"][slot.rows] = [self._pools["note"].code(text) for text in slot.notes(words[0])]
                template.codes["rounding"][slot.rows] = self._pools["rounding"].code(words[1])
                template.said[number] = words

    def _together(self, shared: Shared, template: Template, places: Places, read: Read, into: _Filling) -> None:
        """The amounts of patients with one template; who can't be sure to pass no limit goes alone."""
        sizes = read.sizes.take(places)
        values, branches = _by_array(template, sizes, shared.practice.formula)
        mended: list[tuple[int, Places, Sequence[str], str]] = []
        failed: set[int] = set()
        for number, slot in enumerate(template.slots):
            if slot.order is None:
                continue
            for at in np.flatnonzero(branches[:, number] != Branch.PLAIN) if slot.way is not Way.EACH else range(len(places)):
                try:
                    self._mend(shared, template, number, int(places[at]), int(at), int(branches[at, number]), read, values, mended)
                except DosingError:
                    failed.add(int(at))
        sure = template.bounds.within(values["amount"], values["bsa_m2"], sizes.weight_kg)
        pair = template, values
        for at, place in enumerate(map(int, places)):
            if at in failed or not sure[at]:
                self._alone(shared, place, read, into)
            else:
                into.templates[place] = template
                into.values[place] = pair, at
        into.mended += [each for each in mended if into.templates.get(each[0]) is template]

    def _mend(
        self,
        shared: Shared,
        template: Template,
        number: int,
        place: int,
        at: int,
        branch: int,
        read: Read,
        values: Mapping[str, Floats],
        into: list[tuple[int, Places, Sequence[str], str]],
    ) -> None:
        """Give a patient what the arrays left open of one order: the amount itself, or words that differ from the template's."""
        words = template.words.get((number, branch)) if branch == Branch.CAPPED else None
        slot = template.slots[number]
        if words is None:
            found, words = self._by_itself(shared, slot, read.own(place))
            if branch == Branch.CAPPED:
                template.words[number, branch] = words
            else:
                for name, value in zip(OWN, found, strict=True):
                    values[name][at, number] = value
        if words != template.said[number]:
            into.append((place, slot.rows, slot.notes(words[0]), words[1]))

    def _by_itself(
        self, shared: Shared, slot: Slot, own: Mapping[str, str]
    ) -> tuple[tuple[float, float, float], tuple[tuple[str, ...], str]]:
        """Amount, surface and deviation as in a row, and the words, by the one-patient path."""
        key = slot, *own.items()
        if key not in self._each:
            if len(self._each) >= _KEPT:
                self._each.clear()
            assert slot.order is not None
            amount = compute(slot.order, shared.asking.asked(own).patient(), formula=shared.practice.formula)
            self._each[key] = shown_as(amount), says(amount)
        return self._each[key]

    def _alone(self, shared: Shared, place: int, read: Read, into: _Filling) -> None:
        """Take one patient by the one-patient path."""
        changes = self._changes.of.get(read.id(place), ())
        try:
            found = dosed(shared, read.own(place), read.start(place), changes)
        except DosingError as error:
            into.errors[place] = error
            return
        self._take_alone(shared, found, place, read, into)

    def _take_alone(self, shared: Shared, found: DosedSchedule, place: int, read: Read, into: _Filling) -> None:
        template = template_of(found, self._pools, start=read.start(place), own=True)
        if read.id(place) not in self._changes.of:
            self._say(shared, template)
        # The days of this patient's measurements, of which there may be several, are counted from the start.
        read.measured_on[place] = read.starts[place]
        into.templates[place] = template
        into.values[place] = (template, _constants(template, 1)), 0
        into.alone += 1

    def _say(self, shared: Shared, template: Template) -> None:
        name = shared.asking.regimen
        said = self._said.get(name)
        if said is None:
            choices = Choices(set=shared.asking.values, base=shared.asking.choices.get("base", ""))
            said = self._said[name] = _Said(define(name, choices).hash, shared.practice.site)
        # A day in a sentence is one patient's own.
        said.notes |= dict.fromkeys(_DAY.sub("...", note) for note in template.notes)
        said.missing |= dict.fromkeys(_DAY.sub("...", line) for line in template.missing)


def _fixed(shared: Shared) -> bool:
    """Whether every date of the schedule lies the same number of days after every start."""
    asking = shared.asking
    if shared.closed or asking.until or asking.starts:
        return False
    try:
        reductions = asking.asked({}).course().reductions
    except DosingError:
        # Said of each patient.
        return False
    return not any(each.since and each.since.day for each in reductions) and moves_with_start(shared.regimen.regimen.phases)


def _key(group: _Group, place: int, read: Read) -> object:
    """The key of one patient's template. Raises DosingError for measurements that can't be used."""
    assert group.shared is not None
    shared = group.shared
    applied: object = ()
    if read.second[place]:
        if group.ruled is None:
            group.ruled = Ruled(shared)
        applied = group.ruled.applied(shared.asking.asked(read.own(place)).course())
    return int(read.pattern[place]), applied, None if group.fixed else int(read.starts[place])


def _amounts(found: DosedSchedule, template: Template) -> tuple[Floats, Floats]:
    """The amounts and body surfaces by slot of the patient whose schedule made a template."""
    none = (float("nan"),) * len(OWN)
    amounts = [found.rows[slot.rows[0]].amount if len(slot.rows) and slot.rows[0] < len(found.rows) else None for slot in template.slots]
    amount, bsa, _ = zip(*(shown_as(each) if each else none for each in amounts), strict=True)
    return np.array([amount]), np.array([bsa])


def _constants(template: Template, count: int) -> dict[str, Floats]:
    """The values of the slots that are the same for all, for a number of patients."""
    return {name: np.tile([slot.values[number] for slot in template.slots], (count, 1)) for number, name in enumerate(OWN)}


def _by_array(template: Template, sizes: Sizes, formula: str) -> tuple[dict[str, Floats], npt.NDArray[np.int8]]:
    """The values by OWN, patient and slot, as far as arrays give them, and the branch of each."""
    count = len(sizes.height_cm)
    values = _constants(template, count)
    branches = np.zeros((count, len(template.slots)), np.int8)
    for number, slot in enumerate(template.slots):
        if slot.order is None:
            continue
        if slot.way is Way.EACH:
            branches[:, number] = Branch.EACH
            continue
        found = find(slot.order, slot.way, sizes, formula=formula)
        branches[:, number] = found.branch
        for name in OWN:
            values[name][:, number] = getattr(found, name)
    return values, branches


def _taken(read: Read, filling: _Filling) -> Taken:
    """The patients of a block in the order of their rows."""
    places = sorted(filling.templates)
    where = {place: number for number, place in enumerate(places)}
    width = max((len(template.slots) for template in filling.templates.values()), default=1)
    values = {name: np.full((len(places), width), np.nan) for name in OWN}
    groups: dict[int, tuple[Mapping[str, Floats], list[int], list[int]]] = {}
    for place in places:
        (_, own), at = filling.values[place]
        _, to, of = groups.setdefault(id(own), (own, [], []))
        to.append(where[place])
        of.append(at)
    for own, to, of in groups.values():
        for name in OWN:
            values[name][to, : own[name].shape[1]] = own[name][of]
    index = np.array(places, np.intp)
    return Taken(
        ids=read.table.column(people.PATIENT_ID).combine_chunks().take(of_numpy(index)),
        templates=[filling.templates[place] for place in places],
        starts=read.starts[index],
        measured_on=read.measured_on[index],
        values=values,
        mended=[Mended(where[place], rows, notes, rounding) for place, rows, notes, rounding in filling.mended if place in where],
    )
