"""One patient's treatment: the plan file with its regimen found, drawn, changed by its log, and dosed.

The schedule is computed from the plan each time, from its first day on: what was given, and all that was changed, is replayed in order.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from dosing.api import ChosenRegimen, PatientSchedule, choose_regimen, on_open_days
from dosing.asked import Asked
from dosing.dose.course import Course
from dosing.dose.limits import require
from dosing.dose.order import drugs_given, order_of
from dosing.dose.patient import Patient
from dosing.dose.personal import Personal, personal
from dosing.dose.practice import Practice
from dosing.dose.reduction import Place
from dosing.dose.reduction import in_force as in_force_at
from dosing.dose.schedule import DosedSchedule, dose_schedule
from dosing.errors import DoseError, DosingError, PatientError, RegimenError, RegimenFileError, ScheduleError
from dosing.plan.definition import Definition, find_definition
from dosing.plan.fold import Told, fold
from dosing.plan.kinds import parse_at
from dosing.plan.model import LogEntry, Plan, append, as_of, in_force
from dosing.plan.store import load
from dosing.plan.text import plan_bytes
from dosing.regimen.drug import Drug
from dosing.regimen.library import find_drug
from dosing.regimen.model import Regimen
from dosing.regimen.values import parse_date
from dosing.schedule.amend import amend
from dosing.schedule.amend_where import drug_at, entries_at
from dosing.schedule.changes import Change, Given
from dosing.schedule.clinic import DrugOf
from dosing.schedule.draw import Schedule, draw
from dosing.schedule.entries import SKIPPED, STOPPED, Key
from dosing.schedule.gaps import PHASE_START, Missing
from dosing.schedule.stretches import Stretch, joined, settled, stretch_of
from dosing.schedule.timeline import Horizon
from dosing.units import Quantity
from dosing.view import ALL, View, viewed

if TYPE_CHECKING:
    from dosing.api import PatientSheet
    from dosing.export.content import Part
    from dosing.export.follow import Version
    from dosing.export.style import Style

T = TypeVar("T", int, date)

# What one measurement of the kidneys says takes the place of what the other said.
_EXCLUDES = {"creatinine": "crcl", "crcl": "creatinine"}
# The commands that say in a plan what an option says elsewhere.
_COMMANDS = {
    "--override": "override",
    **dict.fromkeys(("--rule", "--weigh", "--set", "--sex"), "choose"),
    **dict.fromkeys(("--creatinine", "--crcl", "--age", "--dialysis"), "lab"),
    "--weight": "weigh",
}
_SIZES = {"height", "weight"}


@dataclass(frozen=True, slots=True)
class Treatment:
    """A plan, and the folder of its file, from which paths in it count."""

    plan: Plan
    folder: Path = Path()

    def regimen(self) -> ChosenRegimen:
        """The regimen that the plan goes by, with its choices. Raises RegimenError where that definition isn't at hand."""
        choices, definition = self.plan.choices, find_definition(self.plan, self.folder)
        values = {**choices.set, **fold(self.plan).values}
        chosen = choices.variant, choices.proxy, tuple(values.items()), choices.base, choices.base_days
        return _chosen(definition.folder, tuple(definition.files.items()), *chosen)

    def asked(self, patient: Mapping[str, str] | None = None, practice: Mapping[str, str] | None = None) -> Asked:
        """What the plan's head says, with all of `patient` in its patient's place, if given, and what `practice` has beyond its practice.

        Files are found from the plan's folder.
        """
        chosen = fold(self.plan)
        head = self.plan.patient.texts if patient is None else patient
        texts = {**chosen.texts, **head, **self.plan.practice.texts, **(practice or {})}
        lists = {**self.plan.patient.lists, **self.plan.practice.lists}
        lists |= {name: (*lists.get(name, ()), *more) for name, more in chosen.lists.items()}
        if "site" in texts:
            texts["site"] = str(self.folder / texts["site"])
        if "bands" in lists:
            lists["bands"] = tuple(str(self.folder / name) for name in lists["bands"])
        return Asked(texts, lists)

    def schedule(self, view: View = ALL, *, limits: bool = True) -> PatientSchedule:
        """The schedule as it is after all changes; without `limits`, also one that a limit stops, which it says. Raises DosingError."""
        return PatientSchedule(viewed(_Work(self, self.regimen().regimen, view).dosed(limits=limits), view))

    def sheet(self, view: View = ALL) -> "PatientSheet":
        """The distinct amounts of the schedule as it is after all changes, each with its first day. Raises DosingError."""
        from dosing.api import PatientSheet
        from dosing.dose.sheet import sheet_of

        drawn = self.schedule(view)
        return PatientSheet(sheet_of(drawn.dosed), drawn.notes)

    def patient_now(self) -> Patient:
        """All that was measured last."""
        folded = fold(self.plan)
        return self.asked(self.measured((*folded.sizes, *folded.labs))).patient()

    def measured(self, told: Iterable[Told]) -> dict[str, str]:
        """All that is known of the patient: the head's, and what was measured since in its place."""
        known = dict(self.plan.patient.texts)
        for each in sorted(told, key=lambda each: each.since):
            gone = {_EXCLUDES[name] for name in each.texts if name in _EXCLUDES}
            known = {**{name: text for name, text in known.items() if name not in gone}, **each.texts}
            known |= {"measured_on": str(each.since)} if _SIZES & each.texts.keys() else {}
        return known

    def named(self) -> list[str]:
        """The plan and its regimen as a page names them: with version, hash, and the last change."""
        version, definition = in_force(self.plan)
        log = self.plan.log
        last = (
            f", change {log[-1].n} of {log[-1].on} ({log[-1].follows[:8]})"
            if log
            else f" ({sha256(plan_bytes(self.plan)).hexdigest()[:8]})"
        )
        return [f"plan {self.plan.id}{last}", f"{self.plan.regimen} version {version} ({definition[len('sha256:') :][:8]})"]

    def to_ical(
        self,
        view: View = ALL,
        *,
        stamp: datetime | None = None,
        since: date | None = None,
        plan_id: str = "",
        style: "Style | None" = None,
    ) -> bytes:
        """The calendar that follows the plan, as bytes; arguments and errors as in `calendar`."""
        from dosing.export.ical import through_package

        return through_package(self.calendar(view, stamp=stamp, since=since, plan_id=plan_id, style=style))

    def calendar(
        self,
        view: View = ALL,
        *,
        stamp: datetime | None = None,
        since: date | None = None,
        plan_id: str = "",
        style: "Style | None" = None,
    ) -> "Part":
        """The calendar that follows the plan, named by the plan's id or by `plan_id`; `since`: only what changed after that day.

        Raises OutputError where there is nothing to write, RegimenError where the definition of that day isn't at hand, and DoseError for
        a limit that stops the schedule.
        """
        from dosing.export.content import calendar_of

        versions = self.versions(view)
        require(versions[-1].dosed.findings)
        earlier = len(self.plan.log) + 1 - len(versions)
        at = None if since is None else len(as_of(self.plan, since).log) - earlier
        if at is not None and at < 0:
            raise RegimenError(f"plan {self.plan.id} went by another version of {self.plan.regimen} on {since}, which isn't at hand")
        last, name = versions[-1].dosed, plan_id or self.plan.id
        return calendar_of(last, stamp=stamp, plan_id=name, versions=versions, since=at, earlier=earlier, style=style)

    def versions(self, view: View = ALL) -> "tuple[Version, ...]":
        """The plan as it stood before the first change and after each, as far back as the definitions of then are at hand."""
        return tuple(reversed(list(self._versions_back(view))))

    def _versions_back(self, view: View) -> "Iterator[Version]":
        from dosing.export.follow import Version

        regimens: dict[object, Regimen] = {}
        log = self.plan.log
        for count in range(len(log), -1, -1):
            then = replace(self, plan=replace(self.plan, log=log[:count]))
            by = *in_force(then.plan), *fold(then.plan).values.items()
            try:
                regimen = regimens[by] if by in regimens else regimens.setdefault(by, then.regimen().regimen)
            except RegimenError:
                if count == len(log):
                    raise
                return
            # Alike in each, so that a version shows the same whether it is the last or not.
            yield Version(log[count - 1].on if count else None, viewed(_Work(then, regimen, view).dosed(limits=False), view))

    def appended(self, *, on: date, kind: str, fields: Mapping[str, str], reason: str, author: str = "") -> "Treatment":
        """The treatment with one more change in its log.

        Raises DosingError where the change is not in order, or where the plan can't be drawn with it. Where a limit stops the schedule,
        what was really given is taken all the same; so is what makes a difference to that stop, as it may need several changes.
        """
        fields = self._with_phase(fields)
        longer = replace(self, plan=append(self.plan, on=on, kind=kind, fields=fields, reason=reason, author=author))
        problem = longer._problem(limits=kind != "given")
        if problem is None:
            return longer
        before = self._problem()
        if before and str(before) == str(problem):
            raise type(problem)(f"already without this change the plan can't be drawn: {problem}")
        if before and not self._problem(limits=False) and not longer._problem(limits=False):
            return longer
        raise type(problem)(_blamed(str(problem), longer.plan.log[-1]))

    def _with_phase(self, fields: Mapping[str, str]) -> Mapping[str, str]:
        """The fields with the phase of the entry that they name: later another phase may have such a day too."""
        with suppress(ValueError, DosingError):
            at = parse_at(" ".join(fields.get("at", "").split()))
            found = entries_at(self.schedule(limits=False).dosed.schedule, at)
            return {**fields, "at": str(replace(at, phase=found[0].phase))}
        return fields

    def _problem(self, *, limits: bool = True) -> DosingError | None:
        """Why the plan can't be drawn, or nothing. Raises RegimenFileError."""
        try:
            self.schedule(limits=limits)
        except RegimenFileError:
            raise
        except DosingError as error:
            return error
        return None


@lru_cache(maxsize=64)
def _chosen(
    folder: Path | None,
    files: tuple[tuple[str, bytes], ...],
    variants: tuple[str, ...],
    proxies: tuple[str, ...],
    values: tuple[tuple[str, str], ...],
    base: str,
    base_days: str,
) -> ChosenRegimen:
    """The regimen of a definition with these choices: the same for all plans that go by the same files, wherever they come from."""
    definition = Definition(dict(files), folder)
    return choose_regimen(
        definition.regimen(),
        base=definition.base(),
        variant=variants,
        proxy=proxies,
        values=dict(values),
        base_name=base,
        base_days=base_days,
    )


def load_plan(path: str | Path) -> Treatment:
    """The treatment by a plan file. Raises RegimenError for a file that can't be read, RegimenFileError for one with problems."""
    return Treatment(load(Path(path)), folder_of(Path(path)))


def folder_of(path: Path) -> Path:
    """The folder from which paths in a plan file count: that of the file itself, where a link leads to it."""
    return path.resolve().parent if path.is_symlink() else path.parent


def _blamed(message: str, last: LogEntry) -> str:
    """The message, with the number of the change that was tried where it isn't named."""
    own = f"change {last.n} ({last.kind}) can't be made: "
    if message.startswith(own):
        return message
    return f"{own}with it, {message}{_remedies(message)}"


def _remedies(message: str) -> str:
    """Where a plan has what the message offers as an option."""
    found = [f"`dosing plan {command}` for {option}" for option, command in _COMMANDS.items() if re.search(rf"{option}\b", message)]
    return f" (in a plan: {', '.join(found)})" if found else ""


class _Work:
    """One computation of a treatment's schedule."""

    def __init__(self, treatment: Treatment, regimen: Regimen, view: View) -> None:
        self._treatment, self._view, self._chosen = treatment, view, regimen
        self._folded = fold(treatment.plan)
        seen = {"country": view.country, "move": "yes" if view.move else ""}
        start = treatment.plan.start
        # What was measured up to the start is the size at the start; what was measured after it counts by each drug's rule.
        self._first = [told for told in self._folded.sizes if told.since <= start]
        self._since = [told for told in self._folded.sizes if told.since > start]
        self._asked = treatment.asked(self._known_first(), practice={name: text for name, text in seen.items() if text})
        self._practice: Practice = self._asked.practice()

    def dosed(self, *, limits: bool) -> DosedSchedule:
        """The schedule with amounts."""
        course = self._course()
        self._check_starts(self._chosen)
        stretches, made = self._stretches(course)
        amended = self._amended(stretches)
        course = replace(course, given=self._given(amended))
        closed, move = self._asked.closed(), self._asked.move
        if closed:
            # A day that moves past that of a laboratory value is one of the time after it.
            amended = settled(on_open_days(amended, closed, self._practice, move=move), stretches)
        found = dose_schedule(
            amended,
            course,
            practice=self._practice,
            said=(*_said(stretches, made), *self._estimated()),
            stops=limits,
            regimen_of=(lambda entry: made[stretch_of(entry, stretches)].regimen) if len(made) > 1 else None,
        )
        self._check_given(found)
        self._check_cycles(found)
        self._check_levels(found)
        return found

    def _known_first(self) -> dict[str, str]:
        """What is known at the start. Raises PatientError for a size that is older than the head's."""
        plan = self._treatment.plan
        said = plan.patient.texts.get("measured_on", "")
        for told in self._first:
            if said and told.since < parse_date(said):
                raise PatientError(f"change {told.number}: the size of {told.since} is older than that of {said}, which the plan has")
        return self._treatment.measured(self._first)

    def _course(self) -> Course:
        course, folded = self._asked.course(), self._folded
        if self._since and course.patient.weight_kg is None and course.patient.bsa_m2 is None:
            start = self._treatment.plan.start
            raise PatientError(f"the plan has no weight to begin with; say that first: `dosing plan weigh` with --from {start} or before")
        return replace(
            course,
            later=tuple(self._later()),
            reductions=tuple(folded.reductions),
            override=course.override | folded.overrides,
        )

    def _later(self) -> Iterator[Patient]:
        """The patient as measured again, once for each day."""
        for since in dict.fromkeys(told.since for told in self._since):
            yield self._on(since)

    def _on(self, day: date) -> Patient:
        """The patient as known on a day."""
        told = [told for told in (*self._folded.sizes, *self._folded.labs) if told.since <= day]
        return self._treatment.asked(self._treatment.measured(told)).patient()

    def _stretches(self, course: Course) -> tuple[list[Stretch], list[Personal]]:
        """What is drawn for each time in which the same is known of the patient, and the regimens that it is drawn from."""
        first = personal(self._chosen, course, self._practice)
        stretches, made = [Stretch(date.min, self._draw(first.regimen))], [first]
        for since in dict.fromkeys(told.since for told in self._folded.labs):
            made.append(personal(self._chosen, replace(course, patient=self._on(since), later=()), self._practice))
            numbers = ", ".join(f"change {told.number}" for told in self._folded.labs if told.since == since)
            stretches.append(Stretch(since, self._draw(made[-1].regimen), f"by what was measured from {since} on ({numbers})"))
        return stretches, made

    def _check_starts(self, regimen: Regimen) -> None:
        """Raise ScheduleError for a date told of the phase that starts with the plan, or of one of which a dose is recorded already."""
        given = {at.phase: number for number, at, _ in self._folded.given}
        first = next(phase for phase in regimen.phases if not phase.visits_only)
        for id, number in self._folded.started.items():
            if id == first.id and not first.waits:
                start = f"{id} starts with the plan, on {self._treatment.plan.start}"
                raise ScheduleError(f"change {number} (phase) can't be made: {start}; `dosing plan delay` moves what is to come")
            if given.get(id, number) < number:
                raise ScheduleError(f"change {number} (phase) can't be made: a dose of {id} is recorded already (change {given[id]})")

    def _draw(self, regimen: Regimen) -> Schedule:
        plan, view = self._treatment.plan, self._view
        reach = plan.reach
        horizon = Horizon(_further(reach.cycles, view.cycles), _further(reach.until, view.until))
        drawn = draw(regimen, start=plan.start, horizon=horizon, starts={**reach.phase_start, **self._folded.starts})
        return replace(
            drawn,
            missing=tuple(map(_remedied, drawn.missing)),
            undated=tuple(replace(each, missing=_remedied(each.missing)) for each in drawn.undated),
        )

    def _amended(self, stretches: Sequence[Stretch]) -> Schedule:
        told = {*self._treatment.plan.reach.phase_start, *self._folded.starts}
        schedule = joined(stretches)
        drug_of = self._drug_of(schedule.regimen)
        amended = amend(schedule, self._as_shown(schedule, told, drug_of), told=told, drug_of=drug_of)
        open_ = {each.missing for each in amended.undated if each.status not in (SKIPPED, STOPPED)}
        over = {each.missing for each in amended.undated} - open_
        return settled(replace(amended, missing=tuple(each for each in amended.missing if each not in over)), stretches)

    def _as_shown(self, schedule: Schedule, told: Collection[str], drug_of: DrugOf) -> list[Change]:
        """The changes, each record of a given dose with the date that the plan showed for it then: on an open day, where it moves.

        A dose that is given on the day it was moved to isn't late.
        """
        changes = list(self._folded.changes)
        closed = self._treatment.asked().closed() if self._treatment.asked().move else None
        for number, change in enumerate(changes if closed else ()):
            if closed and isinstance(change, Given) and change.day:
                before = amend(schedule, changes[:number], told=told, drug_of=drug_of)
                shown = drug_at(on_open_days(before, closed, self._practice, move=True), change.at).date
                changes[number] = replace(change, shown=shown) if shown != drug_at(before, change.at).date else change
        return changes

    def _drug_of(self, regimen: Regimen) -> DrugOf:
        def drug_of(id: str) -> Drug:
            return self._practice.drug(find_drug(id, regimen=regimen))

        return drug_of

    # -- what was given -------------------------------------------------------------------------------------------

    def _given(self, schedule: Schedule) -> dict[Key, Quantity]:
        return {entry.key: amount for _, at, amount in self._folded.given for entry in entries_at(schedule, at)}

    def _check_given(self, dosed: DosedSchedule) -> None:
        """Raise DoseError for an amount in a unit that can't be compared with the planned one."""
        for row in dosed.rows:
            if row.given and row.amount and row.given.kind != Quantity(row.amount.value, row.amount.unit).kind:
                what = f"{row.entry.phase} {row.entry.when} {row.entry.activity} is planned as {row.amount}"
                raise DoseError(f"{what}, and {row.given} can't be compared with it; give it in {row.amount.unit}")

    def _check_cycles(self, dosed: DosedSchedule) -> None:
        """Raise ScheduleError for a reduction from a cycle that its phase doesn't have: it would begin with a later phase, or never."""
        for each in self._folded.reductions:
            since = each.since
            if since is None or since.day:
                continue
            placed = dosed.schedule.phases[since.phase or drugs_given(dosed.schedule.regimen)[each.drug][0]]
            if placed.cycles and not placed.continues and since.cycle > placed.cycles[-1].number:
                raise ScheduleError(f"{each}: {placed.phase.id} has {len(placed.cycles)} cycles; give one of them, or a date")

    def _check_levels(self, dosed: DosedSchedule) -> None:
        """Raise DoseError for a level that the drug's file doesn't have, also where nothing of the drug is to be given just now."""
        giving = drugs_given(dosed.schedule.regimen)
        for each in dosed.course.reductions:
            for entry in dosed.schedule.entries:
                place = Place(entry.phase, entry.cycle or 1, entry.day or 1, entry.date, giving.get(entry.drug, ()))
                if each.level and entry.drug == each.drug and in_force_at([each], each.drug, place):
                    order_of(entry.facts, place, dosed.schedule.regimen, practice=self._practice, reductions=[each])
                    break

    def _estimated(self) -> Iterator[str]:
        """That a weight after the last creatinine leaves the clearance that was estimated from that."""
        told = sorted((*self._folded.sizes, *self._folded.labs), key=lambda told: told.since)
        plan = self._treatment.plan
        known, since = "creatinine" in plan.patient.texts, plan.start
        for each in told:
            if each.texts.keys() & _EXCLUDES.keys():
                known, since = "creatinine" in each.texts, each.since
        later = [each for each in self._folded.sizes if each.since > since]
        if known and later:
            yield (
                f"the creatinine clearance is still the estimate by the creatinine and the weight of {since}, not by the weight of"
                f" {later[-1].since}; a new creatinine (dosing plan lab) gives a new estimate"
            )


def _remedied(missing: Missing) -> Missing:
    """What is missing, with the remedy that a plan has: a change for a phase that waits, and one for a value of the user's own."""
    if missing.remedy.startswith(PHASE_START):
        phase = missing.remedy.removeprefix(PHASE_START).partition("=")[0]
        return replace(missing, remedy=f"dosing plan phase FILE {phase} --start DATE")
    return replace(missing, remedy=f"dosing plan choose FILE {missing.remedy}" if missing.remedy.startswith("--set ") else missing.remedy)


def _further(plan: T | None, view: T | None) -> T | None:
    """How far to draw: as the plan says, or further where more is to be seen; never less, as changes may be about all of it."""
    return plan if plan is None or view is None else max(plan, view)


def _said(stretches: Sequence[Stretch], made: Sequence[Personal]) -> Iterator[str]:
    """What must be said of the regimen for this patient, with the time for which it holds where that isn't all of it."""
    lines = dict.fromkeys(line for each in made for line in each.said)
    for line in lines:
        holds = [line in each.said for each in made]
        if all(holds):
            yield line
            continue
        for number, stretch in enumerate(stretches):
            if holds[number] and (number == 0 or not holds[number - 1]):
                end = next((later.since for later, held in zip(stretches[number:], holds[number:], strict=True) if not held), None)
                begins = f"from {stretch.since} on" if number else ""
                ends = f"before {end}" if end else ""
                yield f"{', '.join(filter(None, (begins, ends)))}: {line}"
