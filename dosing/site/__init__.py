"""How one site computes, and when it is open, from its own file: formula, rounding, stock, weights, limits, closed days, hours.

`read` turns the file and its band tables into a `dosing.dose.practice.Practice`, `hours` its opening hours, `words` says in plain lines
what the site decides; `zone` knows how the clocks of a time zone change. May import from `dosing.dose` and what stands before it.
"""
