"""The messages of the pages to print, for translators: dosing/page/locale/dosing.pot, and what each catalogue lacks.

`python docs/messages.py` writes the template anew, adds new messages to each catalogue, untranslated, and takes out those that nobody says
any more. A catalogue that got a new message is no longer reviewed. tests/page/test_catalogues.py fails until all is translated.
"""

from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

_PAGE = Path(__file__).resolve().parents[1] / "dosing" / "page"
_LOCALE = _PAGE / "locale"
# What Language calls to speak: one message, or one for a single thing and one for more.
_KEYWORDS = {"say": None, "many": (1, 2)}
_TEMPLATE = "dosing.pot"
_HEAD = """# Words of the calendars to print. How to translate them: docs/translations.md.
# Made by docs/messages.py; change the code, not this file.
msgid ""
msgstr ""
"Project-Id-Version: dosing\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""
_REVIEWED = '"X-Reviewed: {}\\n"\n'


def messages(folder: Path = _PAGE) -> Catalog:
    """All messages that the modules of a folder say, in the order of the files and of their lines."""
    found = Catalog(charset="utf-8")
    for _, _, message, comments, _ in sorted(extract_from_dir(folder, keywords=_KEYWORDS), key=lambda each: each[:2]):
        found.add(message, auto_comments=comments)
    return found


def template(said: Catalog) -> str:
    """The template as the text of a file."""
    return _HEAD + _body(said)


def updated(text: str, said: Catalog) -> str:
    """A catalogue with all messages and no others; its head and its translations stay. The same text where nothing is to be changed."""
    head, _, _ = text.partition("\n\n")
    old = read_po(BytesIO(text.encode()))
    missing = [each.id for each in said if each.id and each.id not in old]
    if not missing and not [each for each in old if each.id and each.id not in said] and not old.obsolete:
        return text
    if missing:
        head = f"{head}\n".replace(_REVIEWED.format("yes"), _REVIEWED.format("no")).rstrip("\n")
    new = Catalog(locale=old.locale, charset="utf-8")
    for each in said:
        known = old.get(each.id) if each.id else None
        if each.id:
            new.add(each.id, known.string if known else "", user_comments=known.user_comments if known else ())
    return f"{head}\n\n{_body(new)}"


def _body(catalogue: Catalog) -> str:
    out = BytesIO()
    write_po(out, catalogue, width=0, no_location=True, omit_header=True, ignore_obsolete=True)
    return out.getvalue().decode().strip("\n") + "\n"


def main(folder: Path = _LOCALE) -> None:
    """Write the template and bring every catalogue up to date."""
    said = messages()
    (folder / _TEMPLATE).write_text(template(said), encoding="utf-8")
    for path in sorted(folder.glob("*.po")):
        path.write_text(updated(path.read_text(encoding="utf-8"), said), encoding="utf-8")


if __name__ == "__main__":
    main()
