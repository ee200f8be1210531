"""From a dosed schedule to a page: its months, what stands before and after them, and what stands on every page."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise

import dosing
from dosing.dose.schedule import Dosed, DosedSchedule
from dosing.errors import OutputError
from dosing.page.bench import NOTHING, Bench, bench_of
from dosing.page.goes_on import More, goes_on
from dosing.page.language import Language
from dosing.page.model import (
    Audience,
    Course,
    Day,
    Dose,
    Item,
    Legend,
    Medicine,
    Month,
    Page,
    Place,
    Preparation,
    Section,
    State,
    Text,
)
from dosing.page.words import Wording

_DAY = timedelta(1)
_WEEK = 7
# A medicine that is taken on so many days in a row has days off that are worth naming.
_DAILY = 5


@dataclass(frozen=True, slots=True)
class Leaflet:
    """What a page says beside the schedule.

    `bring` and `call` are the clinic's own lines; `made_by` names plan and regimen with their versions and hashes; `dated` is the day
    the page was made, `replaces` that of the one before it; `changes` are the days of the plan's changes, in order, each of which made
    another calendar of it; `label` is what the clinic calls the patient by, or nothing.
    """

    dated: date
    made_by: tuple[str, ...]
    bring: tuple[str, ...] = ()
    call: tuple[str, ...] = ()
    replaces: date | None = None
    label: str = ""
    changes: tuple[date, ...] = ()


def make_page(dosed: DosedSchedule, leaflet: Leaflet, language: Language, audience: Audience = Audience.PATIENT) -> Page:
    """The page of a schedule. Raises OutputError where nothing in it has a date."""
    if not dosed.rows:
        raise OutputError(f"{dosed.schedule.regimen.id} has nothing with a date to put on a page")
    return _Making(dosed, leaflet, language, audience).page()


@dataclass(slots=True)
class _Making:
    """One page being made."""

    dosed: DosedSchedule
    leaflet: Leaflet
    language: Language
    audience: Audience
    bench: Bench = field(init=False)
    wording: Wording = field(init=False)
    by_date: dict[date, list[Dosed]] = field(init=False)
    more: More = field(init=False)

    def __post_init__(self) -> None:
        self.bench = bench_of(self.dosed) if self.audience is Audience.CLINIC else NOTHING
        self.wording = Wording(self.dosed, self.language, self.audience, self.bench)
        self.more = goes_on(self.dosed)
        self.by_date = {}
        for row in sorted(self.dosed.rows, key=lambda row: (row.entry.happens_on, row.entry.rank)):
            self.by_date.setdefault(row.entry.happens_on, []).append(row)

    def page(self) -> Page:
        """The page."""
        say, patient = self.language.say, self.audience is Audience.PATIENT
        return Page(
            language=self.language.code,
            right_to_left=self.language.right_to_left,
            audience=self.audience,
            title=self._title(),
            intro=tuple(self._intro()),
            sections=tuple(self._sections()),
            legend_title=say("What the signs mean"),
            legend=tuple(self._legend()),
            weekdays=tuple(self.language.weekdays()),
            months=tuple(self._with_what_follows(list(self._months()))),
            diary_title=say("Your medicines at home") if patient else say("Medicines at home"),
            diary_intro=say("Tick a box for each dose that you have taken. Bring this page to your visits.") if patient else "",
            diary=tuple(self._diary()),
            footer=tuple(self._footer()),
            page_of=say("Page {page} of {pages}", page="{page}", pages="{pages}"),
            dated=self.leaflet.dated,
            places=((Place.CLINIC, say("Clinic")), (Place.HOME, say("Home"))),
            preparation_title=say("Preparation"),
            preparations=tuple(self._preparations()),
        )

    # -- before the months ----------------------------------------------------------------------------------------

    def _title(self) -> str:
        what = self.language.say("Treatment calendar")
        return f"{what} - {self.leaflet.label}" if self.leaflet.label else what

    def _intro(self) -> Iterator[Text]:
        say, many = self.language.say, self.language.many
        yield self.wording.english(self.dosed.schedule.regimen.title)
        first, last = min(self.by_date), max(self.by_date)
        yield Text(
            say(
                "First day in this calendar: {first}. Last day: {last}.",
                first=self.language.full_date(first),
                last=self.language.full_date(last),
            )
        )
        sure = {day: [row for row in rows if not row.entry.optional] for day, rows in self.by_date.items()}
        visits = len([day for day, rows in sure.items() if any(map(self._in_clinic, rows))])
        home = len([day for day, rows in sure.items() if any(map(self._at_home, rows))])
        counts = [many("You come to the clinic on {count} day.", "You come to the clinic on {count} days.", visits)] if visits else []
        counts += [many("You take medicine at home on {count} day.", "You take medicine at home on {count} days.", home)] if home else []
        if counts:
            yield Text(" ".join(counts))
        yield from self._left_out()
        if self.more is More.AFTER:
            yield Text(
                say("This calendar shows only a part of the treatment. It goes on after the last day here, unless your clinic ends it.")
            )
        elif self.more is More.BETWEEN:
            yield Text(self._between())
        if self.wording.foreign():
            yield Text(say("Names and some instructions are in English, as the treatment plan has them. Ask your clinic what they mean."))
        if not self.language.reviewed:
            yield Text(self._by_machine())
        yield Text(say("This calendar can be wrong, and plans change. Follow what your clinic tells you."))

    def _in_clinic(self, row: Dosed) -> bool:
        return row.entry.counts and self.wording.place(row.entry) is Place.CLINIC

    def _at_home(self, row: Dosed) -> bool:
        return row.entry.counts and self.wording.place(row.entry) is Place.HOME

    def _sections(self) -> Iterator[Section]:
        say = self.language.say
        if self.leaflet.bring:
            yield Section(say("What to bring"), tuple(map(Text, self.leaflet.bring)))
        if self.leaflet.call:
            yield Section(say("Who to call"), tuple(map(Text, self.leaflet.call)))
        if absent := dict.fromkeys(self._absent()):
            yield Section(say("Not in this calendar, because the day is not known yet"), tuple(map(self.wording.english, absent)))
        if self.audience is Audience.CLINIC and self.dosed.notes:
            yield Section(say("Notes"), tuple(map(self.wording.english, self.dosed.notes)))

    def _absent(self) -> Iterator[str]:
        """What has no day yet; for the clinic, with the reason."""
        for each in self.dosed.schedule.undated:
            if each.status in ("waiting", "not-dated"):
                yield f"{each.what}: {each.missing.text}" if self.audience is Audience.CLINIC else each.what

    def _legend(self) -> Iterator[Legend]:
        say = self.language.say
        used = {(item.place, item.state) for month in self._months() for item in _items(month)}
        words = {
            (Place.CLINIC, State.STANDS): say("Clinic: you come to the clinic"),
            (Place.HOME, State.STANDS): say("Home: you take it at home"),
            (Place.OFF, State.STANDS): say("Day off: you do not take this medicine on this day"),
        }
        yield from (Legend(place, state, text) for (place, state), text in words.items() if (place, state) in used)
        if any(state is State.GIVEN for _, state in used):
            yield Legend(Place.CLINIC, State.GIVEN, say("With a tick: it has been done"))
        if any(state is State.NOT_GIVEN for _, state in used):
            yield Legend(Place.CLINIC, State.NOT_GIVEN, say("Crossed out: you do not get it or take it"))

    # -- months ---------------------------------------------------------------------------------------------------

    def _months(self) -> Iterator[Month]:
        first, last = min(self.by_date), max(self.by_date)
        off = self._days_off()
        month = first.replace(day=1)
        while month <= last:
            following = _next_month(month)
            days = [month + number * _DAY for number in range((following - month).days)]
            if any(day in self.by_date or day in off for day in days):
                yield Month(self.language.month(month), tuple(self._weeks(days, off)))
            month = following

    def _with_what_follows(self, months: Sequence[Month]) -> Iterator[Month]:
        """The months, with what comes after the last of them where that isn't the end."""
        yield from months[:-1]
        words = {
            More.NONE: "",
            More.AFTER: self.language.say("The treatment goes on after this page. Ask your clinic for the next calendar."),
            More.BETWEEN: self._between(),
        }
        yield replace(months[-1], after=words[self.more])

    def _between(self) -> str:
        return self.language.say(
            "This calendar shows only a part of the treatment. You can have treatment on days that are empty here: ask your clinic."
        )

    def _left_out(self) -> Iterator[Text]:
        """The months between others that have no page, because nothing of what is drawn falls into them."""
        days = sorted({*self.by_date, *self._days_off()})
        for before, after in pairwise(sorted({day.replace(day=1) for day in days})):
            first, last = _next_month(before), (after - _DAY).replace(day=1)
            if first < after:
                say, month = self.language.say, self.language.month
                yield Text(
                    say(
                        "There is nothing in this calendar from {first} to {last}. These months are left out.",
                        first=month(first),
                        last=month(last),
                    )
                )

    def _weeks(self, days: Sequence[date], off: Mapping[date, Sequence[Item]]) -> Iterator[tuple[Day | None, ...]]:
        cells: list[Day | None] = [None] * self.language.column(days[0])
        cells += [self._day(day, off.get(day, ())) for day in days]
        cells += [None] * (-len(cells) % _WEEK)
        yield from (tuple(cells[start : start + _WEEK]) for start in range(0, len(cells), _WEEK))

    def _day(self, day: date, off: Sequence[Item]) -> Day:
        rows = self.by_date.get(day, [])
        items = [self.wording.item(row) for row in rows]
        items.sort(key=lambda item: item.place is not Place.CLINIC)
        return Day(day, self.language.full_date(day), " / ".join(dict.fromkeys(filter(None, map(self._label, rows)))), (*items, *off))

    def _label(self, row: Dosed) -> str:
        entry, say = row.entry, self.language.say
        if entry.day is None:
            return ""
        return say("Cycle {cycle}, day {day}", cycle=entry.cycle, day=entry.day) if entry.cycle else say("Day {day}", day=entry.day)

    def _days_off(self) -> dict[date, list[Item]]:
        """The days between doses of a medicine at home that is taken daily for a time."""
        taken: dict[str, list[Dosed]] = {}
        for row in self.dosed.rows:
            if self._at_home(row) and row.entry.drug:
                taken.setdefault(row.entry.drug, []).append(row)
        found: dict[date, list[Item]] = {}
        for rows in taken.values():
            days = sorted({row.entry.happens_on for row in rows})
            if _longest_run(days) >= _DAILY:
                name = self.language.left_to_right(self.wording.name(rows[0]).words)
                item = Item(Place.OFF, State.STANDS, Text(self.language.say("no {medicine} today", medicine=name)))
                for day in _between(days, {row.entry.happens_on for row in self.dosed.rows if row.entry.drug == rows[0].entry.drug}):
                    found.setdefault(day, []).append(item)
        return found

    # -- after the months -----------------------------------------------------------------------------------------

    def _preparations(self) -> Iterator[Preparation]:
        english = self.wording.english
        for block in self.bench.blocks:
            yield Preparation(english(f"{block.letter}: {block.title}"), english(block.days), tuple(map(english, block.lines)))

    def _diary(self) -> Iterator[Course]:
        """What is still to be taken: a dose that is recorded as taken has no box any more."""
        cycles: dict[tuple[str, int | None], list[Dosed]] = {}
        for row in self.dosed.rows:
            if self._at_home(row) and not row.entry.status:
                cycles.setdefault((row.entry.phase, row.entry.cycle), []).append(row)
        phases = len({phase for phase, _ in cycles}) > 1
        for (phase, cycle), rows in cycles.items():
            title = self.language.say("Cycle {cycle}", cycle=cycle) if cycle else ""
            named = self._phase(phase) if phases or not title else Text("")
            yield Course(title, tuple(self._medicines(rows)), named)

    def _phase(self, id: str) -> Text:
        """A phase by its title; where it has none of its own, by its id as words."""
        found = self.dosed.schedule.regimen.phase(id)
        title = found.title if found and found.title != id else id.replace("-", " ")
        return self.wording.english(f"{title[:1].upper()}{title[1:]}")

    def _medicines(self, rows: Sequence[Dosed]) -> Iterator[Medicine]:
        groups: dict[tuple[str, str], list[Dosed]] = {}
        for row in rows:
            groups.setdefault((row.entry.activity, self._each(row)), []).append(row)
        for (_, each), own in groups.items():
            count = self.language.many("{count} dose", "{count} doses", sum(map(_boxes, own)))
            # The boxes are the patient's; whoever hands out the medicine counts it.
            doses = tuple(Dose(self.language.short_date(row.entry.happens_on), _boxes(row)) for row in own)
            yield Medicine(self.wording.name(own[0]), Text(each), count, doses if self.audience is Audience.PATIENT else ())

    def _each(self, row: Dosed) -> str:
        """How much each time, and whether the clinic must say so first."""
        much = self.wording.much(row).words or self.language.say("dose not stated: ask your clinic")
        unsure = [text.words for text in self.wording.uncounted(row)] if self.audience is Audience.PATIENT else []
        return " - ".join(filter(None, (much, *unsure, self.wording.tag(row.entry))))

    def _footer(self) -> Iterator[Text]:
        say, leaflet = self.language.say, self.leaflet
        made = [say("Made on {date}.", date=self.language.full_date(leaflet.dated))]
        if leaflet.replaces:
            made.append(say("It replaces the calendar of {date}.", date=self.language.full_date(leaflet.replaces)))
        elif len(leaflet.changes) > 1:
            before = self.language.full_date(leaflet.changes[-2])
            made.append(say("It replaces all earlier calendars, also that of {date}.", date=before))
        elif leaflet.changes:
            made.append(say("It replaces all earlier calendars."))
        yield Text(" ".join(made))
        yield self.wording.english("; ".join([*leaflet.made_by, f"dosing {dosing.__version__}"]))
        if not self.language.reviewed:
            yield Text(self._by_machine())

    def _by_machine(self) -> str:
        return self.language.say("This translation was made by a machine, and nobody has reviewed it yet: when in doubt, ask your clinic.")


def _next_month(month: date) -> date:
    """The first day of the month after that of a first day."""
    return (month.replace(day=28) + 4 * _DAY).replace(day=1)


def _items(month: Month) -> Iterator[Item]:
    yield from (item for week in month.weeks for day in week if day for item in day.items)


def _boxes(row: Dosed) -> int:
    return row.entry.times.per_day if row.entry.times else 1


def _longest_run(days: Sequence[date]) -> int:
    longest = run = 1
    for before, after in pairwise(days):
        run = run + 1 if after - before == _DAY else 1
        longest = max(longest, run)
    return longest


def _between(days: Sequence[date], mentioned: Iterable[date]) -> Iterator[date]:
    """The days from the first to the last on which it isn't taken, and not mentioned either."""
    known = {*days, *mentioned}
    day = days[0]
    while day < days[-1]:
        if day not in known:
            yield day
        day += _DAY
