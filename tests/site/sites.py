"""A site's file and the drugs that it is about, made up for the tests, and how they are read."""

from pathlib import Path

import pytest

from dosing.errors import RegimenError, RegimenFileError
from dosing.site.read import Site, read_site

DRUGS = {
    # Into a vein, with everything that a site may change.
    "alfa": """\
source: book
names: [Alfatin]
class: [testicin]
routes: IV or SC
precision: 1 mg
vials: [100 mg, 500 mg]
weight: actual
weigh: each cycle
missed: keep the interval
share_vials: yes
limits: {lifetime: {value: 550 mg/m2, act: warn, together: testicin}, single: {value: 0.2 g, act: stop}}
""",
    # By mouth, with alternatives to choose from and a rule for everybody.
    "beta": """\
source: book
routes: PO
precision: 0.5 mg
tablets: [2 mg, 10 mg]
capsules: [5 mg]
rules:
  old: {group: eu, when: age > 75 years, percent: 50 %, source: eu-book, unverified: yes}
  older: {group: us, when: age >= 75 years, percent: 50 %}
  ill: {when: dialysis, percent: 25 %}
""",
    # Not shared, not rounded.
    "gamma": """\
source: book
routes: IV
precision: 0.1 mg
vials: [3.5 mg]
share_vials: no
never_round: yes
weigh: not-stated
limits: {single: not-stated}
""",
    # A file that says little; measured in units.
    "delta": "source: book\nroutes: not-stated\nprecision: 10 units\n",
    "epsilon": "source: book\nroutes: PO or IV\nprecision: not-stated\n",
}
BANDS = "from,below,band,unit\n40,44,42,mg\n44,50,46,mg\n"

WHOLE = """\
id: here
title: A site
formula: du-bois
rounding:
  default: measurable
  alfa: bands small within 6 %
  beta: stocked
bands: {small: tables/small.csv}
stock:
  alfa: {vials: [100 mg]}
  beta: {tablets: [2 mg]}
share_vials: [Alfatin]
weight: {alfa: adjusted}
weigh: {default: more than 10 %, alfa: more than 20 %}
limits: {alfa: {lifetime: {value: 450 mg/m2, act: stop, because: our own}}}
rules: {beta: eu}
closed:
  weekdays: [saturday, sunday]
  dates: {2026-12-24: Christmas Eve}
  holidays: US-CA
"""
SOURCE = "site here"


def read(text: str | bytes, files: dict[str, bytes] | None = None) -> Site:
    tables = {"tables/small.csv": BANDS.encode()} if files is None else files

    def open_file(path: Path) -> bytes:
        assert path.parent.parent == Path("folder")
        try:
            return tables[path.relative_to("folder").as_posix()]
        except KeyError:
            raise RegimenError(f"can't read {path}: No such file or directory") from None

    return read_site(text.encode() if isinstance(text, str) else text, file="folder/here.yaml", open_file=open_file)


def keys(text: str) -> str:
    return f"id: here\ntitle: A site\n{text}"


def problems(text: str | bytes, files: dict[str, bytes] | None = None) -> list[str]:
    with pytest.raises(RegimenFileError) as caught:
        read(text, files)
    return [str(problem) for problem in caught.value.problems]
