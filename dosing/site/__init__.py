"""How one site computes, from its own file: formula, rounding, stock, weights, limits, closed days.

`read` turns the file and its band tables into a `dosing.dose.practice.Practice`, `words` says in plain lines what the site decides. May
import from `dosing.dose` and what stands before it.
"""
