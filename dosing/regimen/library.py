"""Finding regimens, drugs and sources: the shipped ones by id or alias, and a user's own by the path of the file.

This is the only place in the library that opens regimen files.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from dosing.errors import RegimenError, nearest
from dosing.regimen.bibliography import read_sources
from dosing.regimen.drug import Drug
from dosing.regimen.drugs import read_drug
from dosing.regimen.facts import Fact
from dosing.regimen.model import Regimen, Source
from dosing.regimen.nodes import MAX_BYTES
from dosing.regimen.read import read_regimen

# What the files of a definition are called, whatever the names of those they come from.
REGIMEN_FILE, BASE_FILE = "regimen.yaml", "base.yaml"
_CASES, _HISTORIES = ".cases", ".history"
# One slip of the pen: rituximab must not lead to isatuximab, nor prednisolone to prednisone.
_ALIKE = 0.92


def data_dir() -> Path:
    """The folder of the shipped regimens: inside the installed package, or beside it in a checkout."""
    package = _package(__file__)
    installed = package / "regimens"
    return installed if installed.is_dir() else package.parent / "regimens"


@cache
def _package(module: str) -> Path:
    return Path(module).resolve().parent.parent


def regimen_ids() -> list[str]:
    """The ids of the shipped regimens, sorted."""
    return sorted(filter(_is_id, (path.name.removesuffix(".yaml") for path in data_dir().glob("*.yaml"))))


def _is_id(name: str) -> bool:
    """Whether a file of that name, before `.yaml`, holds a regimen."""
    return not name.endswith((_CASES, _HISTORIES)) and name != "sources"


def _is_shipped(id: str) -> bool:
    """Whether there is a shipped regimen of exactly that id, without a look at all the others."""
    return _is_id(id) and (data_dir() / f"{id}.yaml").is_file()


def drug_ids() -> list[str]:
    """The ids of the shipped drugs, sorted."""
    names = (path.name.removesuffix(".yaml") for path in (data_dir() / "drugs").glob("*.yaml"))
    return sorted(name for name in names if not name.endswith(_CASES))


def read_file(path: Path) -> bytes:
    """The bytes of a file that a user named, at most one more than a regimen may have. Raises RegimenError."""
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise RegimenError(f"can't read {path}: {error.strerror or error}") from None


def find_regimen(name: str) -> Regimen:
    """The regimen of that id or alias, or in the file of that path (it has a slash in it, or ends in .yaml).

    Raises RegimenError for an unknown name, RegimenFileError for a file with problems.
    """
    if is_path(name):
        return read_regimen(read_file(Path(name)), file=name)
    wanted = name.strip().lower()
    return shipped_regimen(wanted if _is_shipped(wanted) else _by_alias(wanted, regimen_ids()))


def is_path(name: str) -> bool:
    """Whether a name means a file of the user's own rather than a shipped regimen."""
    return "/" in name or Path(name).suffix in (".yaml", ".yml")


def _by_alias(wanted: str, ids: list[str]) -> str:
    aliases = {alias: regimen.id for regimen in map(shipped_regimen, ids) for alias in regimen.aliases}
    if wanted not in aliases:
        hint = nearest(wanted, [*ids, *aliases])
        raise RegimenError(f"there is no regimen {wanted!r}{hint} (`dosing regimens` lists them; a file is named by its path)")
    return aliases[wanted]


@cache
def shipped_regimen(id: str) -> Regimen:
    """The shipped regimen of exactly that id."""
    path = data_dir() / f"{id}.yaml"
    return read_regimen(path.read_bytes(), file=path.name)


def shipped_regimens() -> Iterator[Regimen]:
    """All shipped regimens, by id."""
    return map(shipped_regimen, regimen_ids())


def cases_file(name: str) -> Path:
    """Where the worked cases of a regimen or a drug are: beside its file. Raises RegimenError."""
    if is_path(name):
        return Path(name).with_suffix(f"{_CASES}.yaml")
    if name in drug_ids() and name not in regimen_ids():
        return data_dir() / "drugs" / f"{name}{_CASES}.yaml"
    return data_dir() / f"{find_regimen(name).id}{_CASES}.yaml"


def histories_file(name: str) -> Path:
    """Where the worked histories of a regimen are: beside its file. Raises RegimenError."""
    if is_path(name):
        return Path(name).with_suffix(f"{_HISTORIES}.yaml")
    return data_dir() / f"{find_regimen(name).id}{_HISTORIES}.yaml"


@cache
def shipped_drug(id: str) -> Drug:
    """The shipped drug of exactly that id. Raises RegimenError."""
    path = data_dir() / "drugs" / f"{id}.yaml"
    if not path.is_file():
        raise RegimenError(f"there is no drug {id!r}{nearest(id, drug_ids(), cutoff=_ALIKE)} (add it to the regimen's own `drugs`)")
    return read_drug(path.read_bytes(), file=f"drugs/{path.name}")


def find_drug(name: str, *, regimen: Regimen | None = None) -> Drug:
    """The drug of that id: the regimen's own before the shipped one; without a regimen, by any of its names too.

    Raises RegimenError.
    """
    if regimen is not None:
        return regimen.drugs[name] if name in regimen.drugs else shipped_drug(name)
    by_name = {each.lower(): drug for drug in map(shipped_drug, drug_ids()) for each in (drug.id, *drug.names)}
    wanted = name.strip().lower()
    if wanted not in by_name:
        raise RegimenError(f"there is no drug {name!r}{nearest(wanted, by_name, cutoff=_ALIKE)}")
    return by_name[wanted]


def definition_of(name: str, *, base: str = "", drugs: Iterable[str] = ()) -> dict[str, bytes]:
    """The bytes of all that dates and amounts of a regimen come from: its file, its base's, and those of every drug they name.

    Also of `drugs`, which a user puts into it. By the names `regimen.yaml`, `base.yaml` and `drugs/<id>.yaml`. A drug that a regimen
    holds itself has no file of its own. Raises RegimenError.
    """
    named = {REGIMEN_FILE: name} | ({BASE_FILE: base} if base else {})
    files = {file: _bytes_of(each) for file, each in named.items()}
    regimens = [read_regimen(data, file=named[file]) for file, data in files.items()]
    own = {id for regimen in regimens for id in regimen.drugs}
    named_drugs = {id for regimen in regimens for id in _drugs_named(regimen)}
    for drug in sorted({*named_drugs, *drugs} - own):
        shipped_drug(drug)
        files[f"drugs/{drug}.yaml"] = (data_dir() / "drugs" / f"{drug}.yaml").read_bytes()
    return files


def _bytes_of(name: str) -> bytes:
    return read_file(Path(name) if is_path(name) else data_dir() / f"{find_regimen(name).id}.yaml")


def _drugs_named(regimen: Regimen) -> Iterator[str]:
    """Every drug that the regimen gives, as it is or by one of its variants and proxies."""
    facts: list[object] = [activity.drug for phase in regimen.phases for activity in phase.activities]
    overlays = [*regimen.variants.values(), *regimen.proxies.values()]
    facts += [setting.value for overlay in overlays for setting in overlay.settings if setting.field == "drug"]
    yield from (fact.stated for fact in facts if isinstance(fact, Fact) and isinstance(fact.stated, str))


@cache
def bibliography() -> dict[str, Source]:
    """The shipped bibliography, by key."""
    path = data_dir() / "sources.yaml"
    return read_sources(path.read_bytes(), file=path.name)


def find_source(key: str, *, regimen: Regimen) -> Source | None:
    """The source of that key, the regimen's own first."""
    return regimen.sources.get(key) or bibliography().get(key)
