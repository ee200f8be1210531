"""A forecast as a picture, PNG or SVG: a panel for each drug, one for the visits and one for the chair hours.

The colours are told apart by those who don't see all of them (Okabe and Ito), and each has a pattern of its own. The same forecast gives
the same bytes with the same matplotlib, whatever the user's own settings of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from dosing.cohort.forecast_model import DrugLine, Forecast, hours_of
from dosing.dose.tally import numbered
from dosing.errors import OutputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMS = ("png", "svg")
WHAT = ("drugs", "chairs")
MOST_PANELS = 40

_PLANNED, _OPTIONAL, _WASTE = ("planned or given", "#0072B2", ""), ("optional", "#56B4E9", "///"), ("left over in vials", "#E69F00", "xxx")
_WIDTH_IN, _PANEL_IN, _MARGIN_IN = 8.0, 1.75, 0.5
_DPI = 150
_TICKS = 8
_LINE = 100
_VISITS = "visits"
# Nothing of a user's own settings, no stamp of time, and text that stays text.
_SETTINGS = {"font.family": ["DejaVu Sans"], "font.size": 10, "svg.hashsalt": "dosing", "svg.fonttype": "none", "hatch.linewidth": 0.6}
_NO_STAMP: dict[str, dict[str, Any]] = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}
_THOUSAND = 1_000
_LARGER = {"mg": "g", "g": "kg"}


@dataclass(frozen=True, slots=True)
class _Series:
    """One kind of bar: what it is, its colour and its pattern, and a height for each first day."""

    kind: tuple[str, str, str]
    heights: dict[date, float]


@dataclass(frozen=True, slots=True)
class _Panel:
    """One panel: bars one above the other, in a unit, for each day, week or month (`by`)."""

    title: str
    unit: str
    by: str
    series: tuple[_Series, ...]


def draw(forecast: Forecast, *, form: str, what: Sequence[str] = WHAT) -> bytes:
    """The picture as a file of that form, `png` or `svg`.

    Raises OutputError without matplotlib, where there is nothing to draw, and for more panels than anybody would look at.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        raise OutputError("a plot needs matplotlib: pip install 'dosing[plot]'") from None
    panels = [panel for each in what for panel in (_drugs(forecast) if each == "drugs" else _chairs(forecast)) if panel.series]
    if not panels:
        raise OutputError("there is nothing to draw: no dose has an amount and nobody comes")
    if len(panels) > MOST_PANELS:
        raise OutputError(f"{len(panels)} panels are more than the {MOST_PANELS} that fit in a picture; choose with --drug or --what")
    out = BytesIO()
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_SETTINGS)  # type: ignore[arg-type]  # names of settings are text here
        figure = Figure(figsize=(_WIDTH_IN, _MARGIN_IN * 2 + _PANEL_IN * len(panels)), layout="constrained")
        _fill(figure, panels, _bare(forecast) if "drugs" in what else [], forecast.patients)
        figure.savefig(out, format=form, dpi=_DPI, metadata=_NO_STAMP[form])
    return out.getvalue()


def _fill(figure: "Figure", panels: Sequence[_Panel], bare: Sequence[str], patients: int) -> None:
    from matplotlib.dates import AutoDateLocator, DateFormatter

    all_axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
    for axes, panel in zip(all_axes, panels, strict=True):
        _bars(axes, panel)
        axes.xaxis.set_major_locator(AutoDateLocator(maxticks=_TICKS))  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_formatter(DateFormatter("%Y-%m-%d"))  # type: ignore[no-untyped-call]
    all_axes[-1].set_xlabel("first day")
    handles = {label: handle for axes in all_axes for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    title = [f"Forecast for {numbered(patients, 'patient')}"]
    if bare:
        title += wrap(f"Not drawn, as no dose has an amount: {', '.join(bare)}", width=_LINE)
    figure.suptitle("\n".join(title), x=0.01, ha="left", fontsize=11)
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=len(handles), frameon=False)


def _bars(axes: "Axes", panel: _Panel) -> None:
    from matplotlib.dates import date2num
    from matplotlib.ticker import MaxNLocator

    days = sorted({day for series in panel.series for day in series.heights})
    places = [float(date2num(day)) for day in days]  # type: ignore[no-untyped-call]
    widths = [_days_of(day, panel.by) * (1 if panel.by == "day" else 0.9) for day in days]
    scale, unit = _scale(panel)
    below = [0.0] * len(days)
    for series in panel.series:
        label, colour, pattern = series.kind
        heights = [series.heights.get(day, 0.0) / scale for day in days]
        looks: dict[str, Any] = {"color": colour, "hatch": pattern, "edgecolor": "white", "linewidth": 0, "label": label}
        axes.bar(places, heights, widths, bottom=below, align="edge", **looks)
        below = [one + other for one, other in zip(below, heights, strict=True)]
    axes.set_title(panel.title, loc="left", fontsize=10)
    axes.set_ylabel(f"{unit} a {panel.by}")
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=panel.unit == _VISITS))
    axes.spines[["top", "right"]].set_visible(False)
    axes.yaxis.grid(True, color="#dddddd")
    axes.set_axisbelow(True)


def _scale(panel: _Panel) -> tuple[float, str]:
    """By what to divide, and the unit then: g from 10,000 mg on."""
    most = max(sum(series.heights.get(day, 0.0) for series in panel.series) for each in panel.series for day in each.heights)
    scale, unit = 1.0, panel.unit
    while unit in _LARGER and most / scale >= 10 * _THOUSAND:
        scale, unit = scale * _THOUSAND, _LARGER[unit]
    return scale, unit


def _days_of(day: date, by: str) -> int:
    if by == "month":
        return ((day + timedelta(31)).replace(day=1) - day).days
    return 7 if by == "week" else 1


# -- panels -------------------------------------------------------------------------------------------------------


def _drugs(forecast: Forecast) -> Iterator[_Panel]:
    """A panel for each drug and kind of unit, by name."""
    lines: dict[tuple[str, str], list[DrugLine]] = {}
    for line in forecast.drugs:
        if line.amount:
            lines.setdefault((line.name, line.amount.unit), []).append(line)
    for (name, unit), own in sorted(lines.items()):
        planned = {line.date: float(line.amount.value) for line in own if line.amount and not line.optional}
        optional = {line.date: float(line.amount.value) for line in own if line.amount and line.optional}
        waste: dict[date, float] = {}
        for line in own:
            if line.vials:
                waste[line.date] = waste.get(line.date, 0.0) + float(line.vials.waste_mg)
        yield _Panel(name, unit, forecast.question.drugs_by, _some((_PLANNED, planned), (_OPTIONAL, optional), (_WASTE, waste)))


def _chairs(forecast: Forecast) -> Iterator[_Panel]:
    lines, by = forecast.chairs, forecast.question.chairs_by
    visits = {line.date: float(line.visits) for line in lines if line.visits}
    optional = {line.date: float(line.optional_visits) for line in lines if line.optional_visits}
    yield _Panel("Visits", _VISITS, by, _some((_PLANNED, visits), (_OPTIONAL, optional)))
    hours = {line.date: float(hours_of(line.minutes)) for line in lines if line.minutes}
    more = {line.date: float(hours_of(line.optional_minutes)) for line in lines if line.optional_minutes}
    yield _Panel("Chair hours", "hours", by, _some((_PLANNED, hours), (_OPTIONAL, more)))


def _some(*found: tuple[tuple[str, str, str], dict[date, float]]) -> tuple[_Series, ...]:
    """The series that have bars."""
    return tuple(_Series(kind, heights) for kind, heights in found if heights)


def _bare(forecast: Forecast) -> list[str]:
    """The drugs of which no dose has an amount."""
    drawn = {line.name for line in forecast.drugs if line.amount}
    return sorted({line.name for line in forecast.drugs} - drawn)
