"""Read the settings: file, environment, command line; refuse in one sentence what is not one."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from waconsole.errors import Refused
from waconsole.settings import PREFIX, SECTIONS, Declared, Settings, Value, declared
from waconsole.settings.forms import PORT_MAX, WANTED, fits
from waconsole.settings.secrets import FILE_NAME, secret

CONFIG_VARIABLE: Final = "WACONSOLE_CONFIG"
LEDGER_VARIABLE: Final = "WACONSOLE_LEDGER"
COMMAND_LINE: Final = "command line"
FILE_BYTES_MAX: Final = 1 << 20

_YES: Final = frozenset({"true", "yes", "on", "1"})
_NO: Final = frozenset({"false", "no", "off", "0"})


def config_path(environ: Mapping[str, str]) -> Path:
    """Where the settings file is looked for: WACONSOLE_CONFIG, else the platform's place."""
    if chosen := environ.get(CONFIG_VARIABLE):
        return Path(chosen).expanduser()
    import platformdirs

    return platformdirs.user_config_path("waconsole") / "config.toml"


def secrets_path(environ: Mapping[str, str]) -> Path:
    """Where the file of secrets is looked for: beside the settings file."""
    return config_path(environ).with_name(FILE_NAME)


def ledger_path(settings: Settings) -> tuple[Path, bool]:
    """(the ledger's path, whether it is the platform's own place, whose folders we may make)."""
    if settings.ledger.path:
        return Path(settings.ledger.path).expanduser(), False
    import platformdirs

    return platformdirs.user_data_path("waconsole") / "ledger.db", True


def read_settings(environ: Mapping[str, str], *, chosen: Mapping[str, Value] | None = None) -> Settings:
    """The settings in force; `chosen` are those named on the command line, by `section.key`.

    Raises Refused in one sentence for a file that cannot be read, a setting nobody knows (it names
    the nearest) or a value of the wrong kind.
    """
    path = config_path(environ)
    known = {one.name: one for one in declared()}
    found: dict[str, tuple[Value, str]] = {}
    for name, raw in file_values(path, must_exist=CONFIG_VARIABLE in environ).items():
        found[name] = checked(_known(name, known, f"in {path}"), raw, str(path)), str(path)
    found |= _from_environment(environ, known) | _secrets(environ, known)
    for name, value in (chosen or {}).items():
        found[name] = checked(known[name], value, f"the {COMMAND_LINE}"), COMMAND_LINE
    return _settings(found)


def _secrets(environ: Mapping[str, str], known: Mapping[str, Declared]) -> dict[str, tuple[Value, str]]:
    file = secrets_path(environ)
    return {
        name: (secret(name, one.variable, environ, file), "") for name, one in known.items() if one.is_secret
    }


def _settings(found: Mapping[str, tuple[Value, str]]) -> Settings:
    settings = Settings(sources={name: source for name, (_, source) in found.items() if source})
    for section in SECTIONS:
        values = {
            name.partition(".")[2]: value
            for name, (value, _) in found.items()
            if name.startswith(f"{section}.")
        }
        if values:
            settings = replace(settings, **{section: replace(getattr(settings, section), **values)})
    return settings


def _from_environment(
    environ: Mapping[str, str], known: Mapping[str, Declared]
) -> dict[str, tuple[Value, str]]:
    found: dict[str, tuple[Value, str]] = {}
    for variable in sorted(environ):
        if not variable.startswith(PREFIX) or "__" not in variable[len(PREFIX) :]:
            continue
        section, _, key = variable[len(PREFIX) :].lower().partition("__")
        name = f"{section}.{key}"
        if name not in known:
            meant = _nearest(name, known)
            hint = (
                f": did you mean {known[meant].variable}?"
                if meant
                else "; `waconsole config show` lists them."
            )
            raise Refused(f"No setting is called {variable}{hint}")
        if known[name].is_secret:
            if not fits(known[name].form, environ[variable].strip()):
                raise Refused(f"{name} ({variable}) is faulty: write {wanted_of(known[name])}.")
            continue
        found[name] = checked(known[name], environ[variable], variable), variable
    if environ.get(LEDGER_VARIABLE):
        found["ledger.path"] = environ[LEDGER_VARIABLE], LEDGER_VARIABLE
    return found


def file_values(path: Path, *, must_exist: bool = False) -> dict[str, object]:
    """The values of a settings file by `section.key`, unchecked. Raises Refused."""
    try:
        if not must_exist and not path.exists():
            return {}
        with open(path, "rb") as file:
            raw = file.read(FILE_BYTES_MAX + 1)
        if len(raw) > FILE_BYTES_MAX:
            raise Refused(f"{path} is no settings file: it is larger than {FILE_BYTES_MAX:,} bytes.")
        tables = tomllib.loads(raw.decode("utf-8"))
    except OSError as error:
        raise Refused(f"The settings file {path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused(f"The settings file {path} is not valid TOML: {error}.") from error
    values: dict[str, object] = {}
    for section, table in tables.items():
        if isinstance(table, dict):
            values |= {f"{section}.{key}": value for key, value in table.items()}
            if not table and section not in SECTIONS:
                values[section] = table
        else:
            values[section] = table
    return values


def _known(name: str, known: Mapping[str, Declared], where: str) -> Declared:
    if name in known:
        return known[name]
    raise Refused(unknown_setting(name, where))


def unknown_setting(name: str, where: str) -> str:
    """The sentence about a setting nobody knows, with the nearest one that is known."""
    known = {one.name for one in declared()} if "." in name else SECTIONS
    meant = _nearest(name, known)
    hint = f": did you mean {meant}?" if meant else "; `waconsole config show` lists them."
    return f"No setting is called {name} ({where}){hint}"


def _nearest(name: str, known: Iterable[str]) -> str | None:
    from difflib import get_close_matches

    names = list(known)
    by_key = {one.partition(".")[2]: one for one in names}
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    if not close:
        close = [
            by_key[key] for key in get_close_matches(name.rpartition(".")[2], list(by_key), n=1, cutoff=0.7)
        ]
    return close[0] if close else None


def checked(one: Declared, raw: object, source: str) -> Value:
    """`raw` as the value of a setting; text is read as a number or yes/no where one is wanted.

    Raises Refused in one sentence that names the setting, its source and what may stand there.
    """
    if one.is_secret:
        raise Refused(misplaced(one.name, source))
    value = _converted(one, raw)
    wanted = wanted_of(one)
    if value is None or (one.choices and value not in one.choices):
        raise Refused(f"{one.name} ({source}) is {raw!r}: write {wanted}.")
    if one.form and value and not fits(one.form, str(value)):
        raise Refused(f"{one.name} ({source}) is {raw!r}: write {wanted}.")
    return value


def misplaced(name: str, where: str) -> str:
    """The sentence about a secret that stands where others can read it."""
    return f"{name} ({where}) is a secret: move it to {FILE_NAME} beside the settings file, mode 600."


def wanted_of(one: Declared) -> str:
    """What may stand for a setting, in words."""
    if one.choices:
        return " or ".join(one.choices)
    if isinstance(one.built_in, bool):
        return "true or false"
    if isinstance(one.built_in, float):
        return f"a number of 0 or more, like {one.built_in}"
    return WANTED.get(one.form, "text in quotes")


def _converted(one: Declared, raw: object) -> Value | None:
    if isinstance(one.built_in, bool):
        if isinstance(raw, str):
            return True if raw.strip().lower() in _YES else False if raw.strip().lower() in _NO else None
        return raw if isinstance(raw, bool) else None
    if isinstance(one.built_in, int):
        return _port(raw)
    if isinstance(one.built_in, float):
        if isinstance(raw, bool) or not isinstance(raw, str | int | float):
            return None
        try:
            number = float(raw)
        except (ValueError, OverflowError):
            return None
        return number if math.isfinite(number) and number >= 0 else None
    return raw if isinstance(raw, str) else None


def _port(raw: object) -> int | None:
    if isinstance(raw, str) and raw.isdecimal() and len(raw) <= len(str(PORT_MAX)):
        raw = int(raw)
    if isinstance(raw, bool) or not isinstance(raw, int):
        return None
    return raw if 0 < raw <= PORT_MAX else None
