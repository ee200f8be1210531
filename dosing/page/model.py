"""A calendar to print, before it has a form: months, weeks, days, and what stands around them. All texts are in the page's language.

A `Text` that is not in that language (a drug's name, a protocol's own words) says in which it is.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Audience(StrEnum):
    """For whom a page is made."""

    PATIENT = "patient"
    CLINIC = "clinic"


class Place(StrEnum):
    """Where something happens; OFF: nothing does, and that is said."""

    CLINIC = "clinic"
    HOME = "home"
    OFF = "off"


class State(StrEnum):
    """What became of an item. STANDS: it is to be given, or done."""

    STANDS = "stands"
    GIVEN = "given"
    NOT_GIVEN = "not-given"


@dataclass(frozen=True, slots=True)
class Text:
    """Some words; `language` is their language where it is not the page's own."""

    words: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing on one day: what, and further lines in smaller type. `tag` is its state in a word, where it is not the usual one."""

    place: Place
    state: State
    what: Text
    more: tuple[Text, ...] = ()
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a month. `label` is cycle and day in small type (`Cycle 1, day 8`), `spoken` the date for a screen reader."""

    date: date
    spoken: str
    label: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Month:
    """A month: its name, and its weeks of seven days each; None for days of other months. `after` stands under the last one."""

    title: str
    weeks: tuple[tuple[Day | None, ...], ...]
    after: str = ""


@dataclass(frozen=True, slots=True)
class Preparation:
    """What the clinic prepares on some days: `title` names it with its number, `days` says when, `lines` how."""

    title: Text
    days: Text
    lines: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Dose:
    """One dose to tick off: the day in short, and how many boxes (administrations) it has."""

    day: str
    boxes: int


@dataclass(frozen=True, slots=True)
class Medicine:
    """A medicine in one cycle: its name, how much each time, how many doses, and for the patient the doses one by one."""

    name: Text
    much: Text
    count: str
    doses: tuple[Dose, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """A cycle, or a phase without cycles, with its medicines. `phase` names the phase where the page has several."""

    title: str
    medicines: tuple[Medicine, ...]
    phase: Text = Text("")

    @property
    def heading(self) -> tuple[Text, ...]:
        """The parts of its heading: phase and title, as far as it has them."""
        return tuple(part for part in (self.phase, Text(self.title)) if part.words)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with lines under it."""

    title: str
    lines: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Legend:
    """One entry of the legend."""

    place: Place
    state: State
    words: str


@dataclass(frozen=True, slots=True)
class Page:
    """The whole calendar. `weekdays` are the columns: short and in full. `footer` stands on every page.

    `places` names clinic and home in a word, to stand over what happens there on a day. `preparations` stand after the months, for the
    clinic.
    """

    language: str
    right_to_left: bool
    audience: Audience
    title: str
    intro: tuple[Text, ...]
    sections: tuple[Section, ...]
    legend_title: str
    legend: tuple[Legend, ...]
    weekdays: tuple[tuple[str, str], ...]
    months: tuple[Month, ...]
    diary_title: str
    diary_intro: str
    diary: tuple[Course, ...]
    footer: tuple[Text, ...]
    page_of: str
    dated: date = date(1980, 1, 1)
    places: tuple[tuple[Place, str], ...] = ()
    preparation_title: str = ""
    preparations: tuple[Preparation, ...] = ()
