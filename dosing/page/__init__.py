"""Calendars to print and to edit: a month grid for a patient or for the clinic, in several languages.

`language` knows the words and dates of a language, `model` is the page before it has a form, `words` puts one entry into words, `make`
makes the page of a schedule; `html`, `pdf`, `docx` and `xlsx` give it a form. May import from everything but cases and cli.
"""
