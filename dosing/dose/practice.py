"""How a site computes: formula, rounding, stock, weights, limits. Everything here was chosen by somebody, and every output says by whom."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from dosing.dose.bodysize import DEFAULT
from dosing.regimen.drug import Drug
from dosing.regimen.facts import Fact

if TYPE_CHECKING:
    from dosing.dose.bands import BandTable
    from dosing.dose.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """One way of computing.

    `rounding` is by drug id; the policy under the empty id is for every amount that a size or a percentage went into, of drugs that have
    none of their own. `bands` are tables by name. `drugs` holds, by drug id, fields that go before those of the drug's file (`vials`,
    `weigh`, `limits`, ...); under the empty id `weigh` alone, for drugs that say nothing themselves. `groups` is the group of alternative
    rules chosen for a drug, or "none". `site` names the site's file and its hash.
    """

    formula: str = DEFAULT
    rounding: "Mapping[str, Fact[Policy]]" = field(default_factory=dict)
    bands: "Mapping[str, BandTable]" = field(default_factory=dict)
    drugs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    site: str = ""

    def drug(self, drug: Drug) -> Drug:
        """The drug as it is at this site."""
        own = dict(self.drugs.get(drug.id, {}))
        if "limits" in own:
            own["limits"] = {**drug.limits, **own["limits"]}
        weigh = self.drugs.get("", {}).get("weigh")
        if weigh and "weigh" not in own and (drug.weigh is None or drug.weigh.stated is None):
            own["weigh"] = weigh
        return replace(drug, **own) if own else drug

    def policy(self, drug: Drug, *, computed: bool) -> "Fact[Policy] | None":
        """The rounding policy for an amount of the drug; `computed` says that it isn't a flat dose as stated."""
        return self.rounding.get(drug.id) or (self.rounding.get("") if computed else None)

    def said(self) -> Iterator[str]:
        """The site and its choices in sentences, each with who made it."""
        if self.site:
            yield f"site {self.site}"
        for drug, fact in self.rounding.items():
            yield f"{drug or 'amounts by size'}: rounding {fact.stated} [{fact.source}]"
        for drug, fields in self.drugs.items():
            for name, words in _WORDS.items():
                if name in fields:
                    yield f"{drug or 'drugs without a rule of their own'}: {words} {fields[name].stated} [{fields[name].source}]"


_WORDS = {"weight": "dosed by weight", "weigh": "a new weight counts", "missed": "after a missed dose"}

USUAL = Practice()
