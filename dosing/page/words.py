"""One entry of a schedule in words for a patient or for the clinic.

For patients: the medicine, what to take of it where the products are known, how often, and what became of it; no rates and no mg/m2. Words
that a protocol or a drug's file has in English stay English, and say so.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

from dosing.dose.oral import Units, make_up
from dosing.dose.product import oral_forms
from dosing.dose.schedule import Dosed, DosedSchedule
from dosing.export.text import as_given, in_words
from dosing.page.bench import NOTHING, Bench, without_name
from dosing.page.language import ENGLISH, Language
from dosing.page.model import Audience, Item, Place, State, Text
from dosing.regimen.drug import Drug
from dosing.schedule.clinic import at_home
from dosing.schedule.entries import GIVEN, HELD, NOT_GIVEN, OMITTED, RULED_OUT, SKIPPED, STOPPED, Entry
from dosing.units import Quantity


@dataclass(frozen=True, slots=True)
class Wording:
    """How the entries of one schedule are put into words. `bench` is what the clinic prepares, where that is shown."""

    dosed: DosedSchedule
    language: Language
    audience: Audience
    bench: Bench = NOTHING

    def item(self, row: Dosed) -> Item:
        """The entry as one thing on a day."""
        state = State.GIVEN if row.entry.status == GIVEN else State.STANDS if row.entry.counts else State.NOT_GIVEN
        make = self._for_clinic if self.audience is Audience.CLINIC else self._for_patient
        return Item(self.place(row.entry), state, self.name(row), tuple(make(row)), self.tag(row.entry))

    def place(self, entry: Entry) -> Place:
        """Where it happens: at home where it is a medicine that can be taken by mouth, else in the clinic."""
        return Place.HOME if at_home(entry, drug_of=self._drug) else Place.CLINIC

    def name(self, row: Dosed) -> Text:
        """The medicine, or what is done; names of medicines are not translated."""
        entry = row.entry
        if entry.kind != "drug" or not entry.drug:
            return self.english(entry.what)
        return Text(self._drug(entry.drug).shown, self.foreign())

    def tag(self, entry: Entry) -> str:
        """What became of the entry, in a word or two; nothing for one that stands."""
        say = self.language.say
        done, not_done = self._done(entry)
        words = {
            GIVEN: done,
            NOT_GIVEN: not_done,
            HELD: say("paused"),
            OMITTED: say("left out"),
            STOPPED: say("stopped"),
            SKIPPED: say("left out"),
            RULED_OUT: say("no longer given"),
        }
        if entry.status:
            return words[entry.status]
        return say("only if your clinic says so") if entry.optional else ""

    def _done(self, entry: Entry) -> tuple[str, str]:
        """That it took place, and that it did not: a medicine is taken at home and given in the clinic, a visit is done."""
        say = self.language.say
        if entry.kind != "drug":
            return say("done"), say("not done")
        return (say("taken"), say("not taken")) if self.place(entry) is Place.HOME else (say("given"), say("not given"))

    def much(self, row: Dosed) -> Text:
        """What to take each time, or what was taken: `1 capsule of 25 mg`, or the amount; nothing where neither is known."""
        amount = _amount(row)
        if amount is None:
            return Text("")
        units = self._units(row.entry, amount)
        return Text(self.units(*units) if units else self._shown(amount))

    def units(self, form: str, units: Units) -> str:
        """`2 capsules of 25 mg and 1 capsule of 10 mg`."""
        parts = (self._some(form, strength, count) for strength, count in units.units)
        return reduce(lambda some, more: self.language.say("{some} and {more}", some=some, more=more), parts)

    # -- for patients ---------------------------------------------------------------------------------------------

    def _for_patient(self, row: Dosed) -> Iterator[Text]:
        entry = row.entry
        if entry.kind == "drug" and entry.counts:
            yield from self._taken(row) if self.place(entry) is Place.HOME else self._in_clinic(entry)
        yield from self._moved(entry)
        if entry.kind == "drug" and entry.stated("when") and entry.counts:
            yield self.english(entry.stated("when"))

    def _taken(self, row: Dosed) -> Iterator[Text]:
        entry, say = row.entry, self.language.say
        much = self.much(row)
        if much.words:
            yield much
            yield from self.uncounted(row)
        elif entry.status != GIVEN:
            yield Text(say("dose not stated: ask your clinic"))
        if entry.times and entry.times.per_day > 1:
            yield Text(self.language.many("take this {count} time on this day", "take this {count} times on this day", entry.times.per_day))

    def _in_clinic(self, entry: Entry) -> Iterator[Text]:
        say = self.language.say
        routes = {"IV": say("into a vein"), "SC": say("under the skin"), "IM": say("into a muscle")}
        if entry.route in routes:
            yield Text(routes[entry.route])

    def _moved(self, entry: Entry) -> Iterator[Text]:
        if entry.given_on and entry.given_on != entry.date:
            yield Text(self.language.say("planned for {date}", date=self.language.short_date(entry.date)))
        elif entry.planned_on and entry.counts:
            yield Text(self.language.say("moved from {date}", date=self.language.short_date(entry.planned_on)))

    def uncounted(self, row: Dosed) -> Iterator[Text]:
        """What there is to say of an amount that the tablets or capsules can't make up: nobody can take it as it stands."""
        entry, amount = row.entry, _amount(row)
        if entry.status != GIVEN and amount and oral_forms(self._drug(entry.drug)) and not self._units(entry, amount):
            yield Text(self.language.say("ask your clinic how many to take"))

    def _units(self, entry: Entry, amount: Quantity) -> tuple[str, Units] | None:
        """The tablets or capsules of one dose; None where the drug has both, or neither, or they can't make it up."""
        forms = oral_forms(self._drug(entry.drug)) if entry.drug else {}
        if len(forms) != 1 or amount.kind != "mass" or self.place(entry) is not Place.HOME:
            return None
        form, fact = next(iter(forms.items()))
        made = make_up(amount, strengths=fact.stated or (), drug=entry.drug)
        return (form, made.units) if made.units else None

    def _some(self, form: str, strength: Quantity, count: int) -> str:
        many, shown = self.language.many, self._shown(strength)
        if form == "tablets":
            return many("{count} tablet of {strength}", "{count} tablets of {strength}", count, strength=shown)
        return many("{count} capsule of {strength}", "{count} capsules of {strength}", count, strength=shown)

    # -- for the clinic -------------------------------------------------------------------------------------------

    def _for_clinic(self, row: Dosed) -> Iterator[Text]:
        """Amount and dose; what to draw up stands once, in the block whose letter is here."""
        entry = row.entry
        if entry.status == GIVEN and entry.kind == "drug":
            yield self.english(without_name(as_given(row), row))
        elif entry.kind == "drug" and entry.counts:
            yield from map(self.english, self._ordered(row))
        yield from self._moved(entry)
        yield from (self.english(words) for words in (*entry.why, *row.warnings))

    def _ordered(self, row: Dosed) -> Iterator[str]:
        """`49.1 mg IV over 10 min` and `27 mg/m2, see B`; in one line where the dose is the amount."""
        much = without_name(in_words(row), row)
        letter = self.bench.letter.get(row.entry.key)
        see = f", see {letter}" if letter else ""
        if row.order and row.amount and str(row.order.dose) != str(row.amount):
            yield from (much, f"{row.order.dose}{see}")
        else:
            yield f"{much}{see}"

    # -- both -----------------------------------------------------------------------------------------------------

    def _shown(self, quantity: Quantity) -> str:
        """An amount as the patient's language writes numbers; for the clinic as all else is there, which is English."""
        for_patient = self.audience is Audience.PATIENT
        return self.language.left_to_right(self.language.quantity(quantity) if for_patient else str(quantity))

    def _drug(self, id: str) -> Drug:
        return self.dosed.drug(id)

    def english(self, words: str) -> Text:
        """Words that are English whatever the page's language."""
        return Text(words, self.foreign())

    def foreign(self) -> str:
        """English, where the page is in another language."""
        return "" if self.language.locale.language == ENGLISH else ENGLISH


def _amount(row: Dosed) -> Quantity | None:
    """The amount of one dose: of one that was given the amount that was noted, whatever was planned."""
    if row.entry.status == GIVEN:
        return row.given
    return Quantity(row.amount.value, row.amount.unit) if row.amount else None
