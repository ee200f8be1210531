"""The regimen as a plan knew it when it was made: its file, that of its base, and those of every drug they name, under one hash.

Where the files have changed since, the old ones may lie beside the plan, in `definitions/` and the first 16 digits of their hash, named
`regimen.yaml`, `base.yaml` and `drugs/<id>.yaml`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from dosing.errors import RegimenError
from dosing.plan.model import Choices, Plan, in_force
from dosing.regimen.drugs import read_drug
from dosing.regimen.library import BASE_FILE, REGIMEN_FILE, definition_of, is_path, read_file
from dosing.regimen.model import Regimen
from dosing.regimen.nodes import parse
from dosing.regimen.read import read_regimen
from dosing.regimen.reader import Context, Reader
from dosing.regimen.values import parse_id

FOLDER = "definitions"
_DIGITS = 16
_PREFIX = "sha256:"


@dataclass(frozen=True, slots=True)
class Definition:
    """The files of a definition by their names; `folder` is where old ones were found, None for those that are here now."""

    files: Mapping[str, bytes] = field(repr=False)
    folder: Path | None = None

    @property
    def hash(self) -> str:
        """What names the definition in a plan."""
        return definition(self.files)

    def regimen(self) -> Regimen:
        """The regimen, before any choice, with all its drugs inside it. Raises RegimenFileError."""
        return self._read(REGIMEN_FILE)

    def base(self) -> Regimen | None:
        """The regimen it is derived from, where it has one. Raises RegimenFileError."""
        return self._read(BASE_FILE) if BASE_FILE in self.files else None

    def _read(self, name: str) -> Regimen:
        return _with_drugs(tuple(self.files.items()), name, self.folder)


@lru_cache(maxsize=64)
def _with_drugs(files: tuple[tuple[str, bytes], ...], name: str, folder: Path | None) -> Regimen:
    """The regimen in the file of that name with its drugs; the same object for the same files, so that others can keep what they made."""
    data = dict(files)
    shown = {each: str(folder / each) if folder else each for each in data}
    found = read_regimen(data[name], file=shown[name])
    drugs = {Path(each).stem: each for each in data if each.startswith("drugs/")}
    read = {id: read_drug(data[each], file=shown[each]) for id, each in drugs.items() if id not in found.drugs}
    return replace(found, drugs={**found.drugs, **read})


def definition(files: Mapping[str, bytes]) -> str:
    """`sha256:` and the hash of the files, by name and content; the way a line ends makes no difference."""
    whole = sha256()
    for name in sorted(files):
        data = files[name].replace(b"\r\n", b"\n")
        whole.update(f"{name} {len(data)}\n".encode() + data)
    return f"{_PREFIX}{whole.hexdigest()}"


def define(regimen: str, choices: Choices, folder: Path = Path()) -> Definition:
    """The definition of a regimen as it is here now, for these choices; paths count from `folder`. Raises RegimenError."""
    drugs = [drug for name, text in choices.set.items() if name.endswith(".drug") and (drug := _drug_in(text))]
    return Definition(definition_of(_from(folder, regimen), base=_from(folder, choices.base.partition(":")[0]), drugs=drugs))


def _from(folder: Path, name: str) -> str:
    return str(folder / name) if is_path(name) else name


def _drug_in(text: str) -> str | None:
    """The drug that a user's own value names, plain or written out with its source; what is wrong with it is said where it is chosen."""
    reader = Reader("")
    node = parse(text.encode("utf-8", "surrogatepass"), file="", problems=reader.problems)
    return reader.fact(node, "", Context(), parse_id).stated if node else None


def find_definition(plan: Plan, folder: Path) -> Definition:
    """The definition that the plan goes by: the one here, if it is still the same, else the old files beside the plan, in `folder`.

    Raises RegimenError where neither is that one, saying what to do.
    """
    version, wanted = in_force(plan)
    try:
        here = define(plan.regimen, plan.choices, folder)
        now = f"here {plan.regimen} is now at version {read_regimen(here.files[REGIMEN_FILE], file=plan.regimen).version}"
    except RegimenError as error:
        here, now = None, f"here it can't be read ({error})"
    if here and here.hash == wanted:
        return here
    place = old_folder(wanted, folder)
    if not place.is_dir():
        raise RegimenError(
            f"plan {plan.id} goes by version {version} of {plan.regimen} ({wanted[: len(_PREFIX) + _DIGITS]}); {now}, with other content. "
            f"To keep the old schedule, put the old files into {place} as {REGIMEN_FILE}, {BASE_FILE} if there is a base, and "
            f"drugs/<id>.yaml for each drug; `dosing plan upgrade` shows what would change and changes it"
        )
    old = Definition(_files(place), place)
    if old.hash != wanted:
        raise RegimenError(
            f"the files in {place} ({', '.join(old.files) or 'none'}) are not those that plan {plan.id} goes by; "
            f"it needs version {version} of {plan.regimen} with the very files of its drugs, and no others"
        )
    return old


def old_folder(hash: str, folder: Path) -> Path:
    """Where the old files of a definition belong, for plans in `folder`."""
    return folder / FOLDER / hash.removeprefix(_PREFIX)[:_DIGITS]


def _files(place: Path) -> dict[str, bytes]:
    paths = sorted([*place.glob("*.yaml"), *place.glob("drugs/*.yaml")])
    return {path.relative_to(place).as_posix(): read_file(path) for path in paths}
