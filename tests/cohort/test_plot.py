"""A forecast as a picture: its bars are the numbers, its text can be read, and the same forecast gives the same bytes."""

import re
import struct
import sys
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import matplotlib as mpl
import pytest
from matplotlib.container import BarContainer
from matplotlib.figure import Figure

from dosing.cohort.forecast_model import ChairLine, DrugLine, Forecast, Question
from dosing.cohort.plot import draw
from dosing.dose.vials import Vials
from dosing.errors import OutputError
from dosing.units import Quantity

MONDAY, NEXT = date(2026, 1, 5), date(2026, 1, 12)
# From which matplotlib counts days.
EPOCH = date(1970, 1, 1)
SIZE = Quantity(Decimal(60), "mg")


def line(day: date, name: str, amount: str = "", *, unit: str = "mg", optional: bool = False, vials: int = 0) -> DrugLine:
    quantity = Quantity(Decimal(amount), unit) if amount else None
    opened = Vials(Decimal(amount), ((SIZE, vials),)) if vials else None
    return DrugLine(day, name, None, optional, name, doses=1 if amount else 0, amount=quantity, vials=opened)


DRUGS = (
    line(MONDAY, "carfilzomib", "100", vials=2),
    line(MONDAY, "carfilzomib", "30", optional=True, vials=1),
    line(NEXT, "carfilzomib", "55", vials=1),
    line(NEXT, "asparaginase", "12000", unit="units"),
    line(NEXT, "melphalan"),
)
CHAIRS = (ChairLine(MONDAY, visits=3, minutes=90), ChairLine(NEXT, visits=1, optional_visits=2, optional_minutes=30))


def made(*drugs: DrugLine, chairs: tuple[ChairLine, ...] = (), **question: Any) -> Forecast:
    return Forecast(Question(**question), 3, drugs, chairs, ())


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that were drawn."""
    found: list[Figure] = []
    save = Figure.savefig

    def savefig(self: Figure, *args: Any, **more: Any) -> None:
        found.append(self)
        save(self, *args, **more)

    monkeypatch.setattr(Figure, "savefig", savefig)
    return found


def bars(figure: Figure, panel: int) -> dict[str, dict[date, tuple[float, float, float]]]:
    """The bars of a panel, by what they are and their first day: from where, how high, and how many days wide."""
    found = {}
    for container in figure.axes[panel].containers:
        assert isinstance(container, BarContainer)
        found[str(container.get_label())] = {
            EPOCH + timedelta(bar.get_x()): (bar.get_y(), bar.get_height(), round(bar.get_width(), 6)) for bar in container.patches
        }
    return found


def test_the_bars_are_the_numbers(figures: list[Figure]) -> None:
    """In the first week 130 mg come from three vials of 60 mg: 50 mg are left over; in the second 5 mg."""
    draw(made(*DRUGS, chairs=CHAIRS), form="svg")
    figure = figures[0]
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["asparaginase", "carfilzomib", "Visits", "Chair hours"]
    assert [axes.get_ylabel() for axes in figure.axes] == ["units a week", "mg a week", "visits a day", "hours a day"]
    assert bars(figure, 0) == {"planned or given": {NEXT: (0, 12000, 6.3)}}
    assert bars(figure, 1) == {
        "planned or given": {MONDAY: (0, 100, 6.3), NEXT: (0, 55, 6.3)},
        "optional": {MONDAY: (100, 30, 6.3), NEXT: (55, 0, 6.3)},
        "left over in vials": {MONDAY: (130, 50, 6.3), NEXT: (55, 5, 6.3)},
    }
    assert bars(figure, 2) == {
        "planned or given": {MONDAY: (0, 3, 1), NEXT: (0, 1, 1)},
        "optional": {MONDAY: (3, 0, 1), NEXT: (1, 2, 1)},
    }
    assert bars(figure, 3) == {
        "planned or given": {MONDAY: (0, 1.5, 1), NEXT: (0, 0, 1)},
        "optional": {MONDAY: (1.5, 0, 1), NEXT: (0, 0.5, 1)},
    }


def test_text_stays_text() -> None:
    svg = draw(made(*DRUGS, chairs=CHAIRS), form="svg").decode()
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    said = {"carfilzomib", "mg a week", "Chair hours", "planned or given", "optional", "left over in vials", "Forecast for 3 patients"}
    assert said <= set(texts)
    assert "Not drawn, as no dose has an amount: melphalan" in texts
    assert any(text.startswith("2026-01-") for text in texts)


@pytest.mark.parametrize(
    ("amount", "unit", "label", "height"),
    [("9999", "mg", "mg", 9999), ("10000", "mg", "g", 10), ("20000000", "mg", "kg", 20), ("20000", "units", "units", 20000)],
)
def test_large_amounts_in_larger_units(amount: str, unit: str, label: str, height: float, figures: list[Figure]) -> None:
    draw(made(line(MONDAY, "it", amount, unit=unit)), form="svg")
    assert figures[0].axes[0].get_ylabel() == f"{label} a week"
    assert bars(figures[0], 0)["planned or given"][MONDAY][1] == height


def test_months_have_their_own_width(figures: list[Figure]) -> None:
    found = made(line(date(2026, 1, 1), "it", "1"), line(date(2026, 2, 1), "it", "1"), drugs_by="month")
    draw(found, form="svg")
    assert [width for _, _, width in bars(figures[0], 0)["planned or given"].values()] == [27.9, 25.2]


@pytest.mark.parametrize(("what", "titles"), [(["drugs"], ["it"]), (["chairs"], ["Visits", "Chair hours"])])
def test_only_one_of_the_tables(what: list[str], titles: list[str], figures: list[Figure]) -> None:
    svg = draw(made(line(MONDAY, "it", "1"), line(MONDAY, "melphalan"), chairs=CHAIRS), form="svg", what=what)
    assert [axes.get_title(loc="left") for axes in figures[0].axes] == titles
    assert (b"Not drawn" in svg) == (what == ["drugs"])


@pytest.mark.parametrize("form", ["png", "svg"])
def test_the_same_forecast_gives_the_same_bytes(form: str) -> None:
    found = made(*DRUGS, chairs=CHAIRS)
    first = draw(found, form=form)
    with mpl.rc_context({"font.size": 30, "savefig.dpi": 10, "axes.grid": True, "svg.fonttype": "path"}):
        assert draw(found, form=form) == first
        assert mpl.rcParams["font.size"] == 30
    assert not re.search(rb"20\d\d-\d\d-\d\dT|Software", first)


def test_a_png_is_wide_enough_to_be_read() -> None:
    data = draw(made(*DRUGS, chairs=CHAIRS), form="png")
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", data[16:24])
    assert (width, height) == (1200, 1200)
    assert len(BytesIO(data).getvalue()) > 10_000


def test_nothing_to_draw() -> None:
    with pytest.raises(OutputError, match="there is nothing to draw: no dose has an amount and nobody comes"):
        draw(made(line(MONDAY, "melphalan")), form="png")


def test_more_panels_than_fit() -> None:
    with pytest.raises(OutputError, match="41 panels are more than the 40 that fit in a picture; choose with --drug or --what"):
        draw(made(*(line(MONDAY, f"drug{number}", "1") for number in range(41))), form="png")


def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(OutputError, match=r"a plot needs matplotlib: pip install 'dosing\[plot\]'"):
        draw(made(*DRUGS), form="png")
