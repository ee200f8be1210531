"""A regimen as the program knows it: frozen objects, every value with its source, nothing computed.

The names of fields are those of the regimen file (docs/regimen-files.md), where they are explained.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from dosing.days import Days, Numbering
from dosing.regimen.drug import Drug, Rule
from dosing.regimen.facts import Dose, Duration, Fact, Length, Minutes, NoCap, Percent, Repeat, Scoped, Times
from dosing.units import Quantity


@dataclass(frozen=True, slots=True)
class Activity:
    """One line of a phase: a drug to give (`kind` drug) or an assessment to do, on given days."""

    id: str
    kind: str
    what: str
    days: Scoped[Days]
    drug: Fact[str] | None = None
    dose: Scoped[Dose] | None = None
    route: Scoped[str] | None = None
    over: Scoped[Minutes] | None = None
    times: Scoped[Times] | None = None
    cycle: Fact[Length] | None = None
    max: Scoped[Quantity] | None = None
    bsa_cap: Scoped[Quantity | NoCap] | None = None
    round: Scoped[Quantity] | None = None
    percent: Scoped[Percent] | None = None
    when: Fact[str] | None = None
    optional: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """The start or the end of a phase, or of all treatment (`phase` empty), and a length of time after or before it."""

    edge: str
    phase: str
    offset: Length = field(default_factory=Length)
    text: str = ""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Series:
    """Dates at a moment (`step` None), or every `step` for a length of time after it; with `inclusive`, from the moment itself."""

    moment: Moment
    step: Length | None = None
    lasting: Length | None = None
    inclusive: bool = False
    text: str = ""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Visit:
    """An assessment on dates of its own rather than on days of a cycle."""

    id: str
    what: str
    at: Fact[Series]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of the regimen: it repeats a cycle, or runs once, or holds visits only."""

    id: str
    title: str
    source: str
    cycle: Scoped[Length] | None = None
    repeat: Fact[Repeat] | None = None
    lasting: Fact[Duration] | None = None
    until: Fact[date] | None = None
    cut: Fact[bool] | None = None
    continues: Fact[str] | None = None
    suggest: Fact[int] | None = None
    anchor: int = 1
    numbering: Numbering = Numbering()
    waits: str = ""
    start: Fact[Moment] | None = None
    condition: str = ""
    order: tuple[str, ...] = ()
    activities: tuple[Activity, ...] = ()
    visits: tuple[Visit, ...] = ()

    @property
    def visits_only(self) -> bool:
        """Whether the phase takes no place in the line of phases."""
        return not self.activities

    def activity(self, id: str) -> Activity | None:
        """The activity of that id, if the phase has it."""
        return next((activity for activity in self.activities if activity.id == id), None)


Value = Scoped[object] | Fact[object]


@dataclass(frozen=True, slots=True)
class Setting:
    """One value of an overlay: `phase` and `activity` may be empty, for every phase and for the phase itself."""

    path: str
    phase: str
    activity: str
    field: str
    value: Value


@dataclass(frozen=True, slots=True)
class Overlay:
    """A named set of values put over the regimen: one of its variants, or a proxy from elsewhere."""

    id: str
    kind: str
    title: str
    source: str
    because: str
    unverified: bool
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class Exposure:
    """How much of the replaced drug one cycle of the base must hold: `doses` of at least `of` within `within` days."""

    doses: int
    of: Quantity
    within: Length
    source: str


@dataclass(frozen=True, slots=True)
class Derive:
    """How a regimen is made from a base: which phase takes the base's other drugs, and which drug goes."""

    phase: str
    replaces: str
    source: str
    partners: tuple[str, ...] = ()
    group_by_class: str = ""
    exposure: Exposure | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One entry of the bibliography. Grades: A, B, C as in docs/regimen-files.md; P this project's convention; U unverified."""

    id: str
    title: str
    address: str
    grade: str


@dataclass(frozen=True, slots=True)
class Regimen:
    """A whole definition. `chosen` names the overlays already applied; `base` the regimen it was made from."""

    id: str
    title: str
    version: int
    checked: date
    source: str
    phases: tuple[Phase, ...]
    aliases: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    variants: Mapping[str, Overlay] = field(default_factory=dict)
    proxies: Mapping[str, Overlay] = field(default_factory=dict)
    derive: Derive | None = None
    drugs: Mapping[str, Drug] = field(default_factory=dict)
    rules: Mapping[str, Fact[Rule]] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    chosen: tuple[Overlay, ...] = ()
    base: str = ""

    def phase(self, id: str) -> Phase | None:
        """The phase of that id, if there is one."""
        return next((phase for phase in self.phases if phase.id == id), None)
