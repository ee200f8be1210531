"""Closed days: which entries fall on them, and the fewest moves that take them to open days without breaking a rule.

What is moved are clinic days: all entries of one date that are given in the clinic. Medicines taken at home keep their days. So do the
days that are counted around a day 0 (a transplant), and entries that don't stand (held, omitted, ...), which no rule counts either.

The rules, of which none is ever broken:

- a day goes to an open day, one of the weekdays of its drugs, at most `window` days away and never before the start;
- the days keep their order, and no dose goes past the planned day of the dose of the same drug after it or before it;
- no drug has two of its days on one date, and at least `Drug.spacing` lies between them (where the schedule itself has less, no less than
  it has);
- two days in a row of one drug (D1/D2) move together, to the same side: the second to the day after the first or, if that is closed, to
  the next open day. Longer runs may move in part; each day of a run follows the one before on the next open day.

Of what is left the mover takes the fewest days moved, then the least shift in days, then later rather than earlier dates, then the least
move of the first day, and so on. A horizon cuts here too: a day that isn't drawn asks for nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby

from dosing.errors import ScheduleError
from dosing.regimen.drug import WEEKDAYS, Drug
from dosing.schedule.blocks import Bench, ClinicDay, Key, blocks_of, day_text
from dosing.schedule.closed import Closed
from dosing.schedule.draw import Schedule
from dosing.schedule.entries import Entry
