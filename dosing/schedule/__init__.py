"""When: a regimen with its choices, laid on the calendar.

`calendar` adds lengths of time to dates, `timeline` places phases and cycles, `entries` finds what falls on which day, `gaps` says
what is missing and how to supply it, `draw` puts them together into a `Schedule`.
"""
