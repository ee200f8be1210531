"""One patient: the plan file with its regimen, start, measurements, choices and the log of changes.

`kinds` says what changes there are and how their text is read, `model` is a plan and its log, `text` writes it byte for byte in one way,
`file` reads it, `definition` finds the regimen as the plan knew it, `store` keeps the file: locked, whole, never rewritten. May import from
`dosing.site` and what stands before it.
"""
