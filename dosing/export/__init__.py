"""Ways out of a dosed schedule: rows, and from them a table, CSV, JSON, a data frame; an iCalendar file; a regimen in plain words.

Columns are declared once, in `columns`. Every module here takes what `dosing.dose` made and returns text or bytes; only the
command line opens files.
"""
