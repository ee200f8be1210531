"""How much: from a dose in the regimen and a patient's size to an amount, with every step of the calculation.

`patient` holds measurements, `bodysize` and `calvert` the formulas, `rounding` the one way to round, `amount` the order of work for one
administration, `schedule` applies it to every entry, `sheet` lists the distinct amounts of a regimen, `product` says what an amount is at
the bench (`vials`, `oral`, `infusion`). Beside them stand calculations of their own: `policy` and `bands` round to what a pharmacy has,
`kidney`, `bodyweight` and `plausible` look at the patient, `calculators` puts them together for the command line.
"""
