"""What is given: the model of a regimen, and its way from a file to a checked, chosen definition.

`nodes` reads YAML strictly, `values` turns text into values, `reader` is what the readers of regimens (`read`), drugs (`drugs`) and sources
(`bibliography`) share, `check` looks at the whole, `library` finds files by id or alias, `choose` applies variants, proxies and the user's
own values, `derive` builds a regimen from another.
"""
