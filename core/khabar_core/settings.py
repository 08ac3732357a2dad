"""Settings: a flag beats a KHABAR_* variable, which beats the default; each value knows where it came from.

In: flags that were given, the environment. Out: `Settings`, frozen; nothing is created or read on disk.
Not here: what the folders hold (assets, default_model), options of one command.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from khabar_core.errors import UsageError

__all__ = ["VARIABLES", "Settings", "cache_dir", "load_settings", "models_dir"]

# Every variable that khabar reads, with what it sets; anything else that begins with KHABAR_ is a mistake.
VARIABLES: Mapping[str, str] = {
    "KHABAR_BERTSCORE_LAYER": "layer of that model, where its name does not tell",
    "KHABAR_BERTSCORE_MODEL": "folder of the encoder model of BERTScore",
    "KHABAR_CACHE": "folder of the built default model and of downloads",
    "KHABAR_COMET_MODEL": "checkpoint of COMET",
    "KHABAR_HOME": "folder that holds models/ and cache/",
    "KHABAR_MODELS": "folder of added models",
    "KHABAR_OFFLINE": "1 forbids every download",
    "KHABAR_THREADS": "processor threads to use",
}
_TRUE = ("1", "true", "yes", "on")
_FALSE = ("", "0", "false", "no", "off")
# Far beyond any machine that exists, but small enough that a typing error is noticed.
_MAX_THREADS = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where khabar keeps its files and how much of the machine it takes.

    Attributes:
        models: folder of added models.
        cache: folder of everything that can be made again.
        threads: processor threads to use; None lets the engine look at the machine.
        offline: whether downloads are forbidden.
        origins: setting name -> "flag", the name of a variable, or "default".
    """

    models: Path
    cache: Path
    threads: int | None = None
    offline: bool = False
    origins: Mapping[str, str] = field(default_factory=dict)


def load_settings(
    *,
    models: str | Path | None = None,
    cache: str | Path | None = None,
    threads: int | None = None,
    offline: bool | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Resolve every setting once; a flag that is None was not given.

    Args:
        models: folder of added models.
        cache: folder of caches.
        threads: >= 1.
        offline: whether downloads are forbidden.
        environ: the environment; None takes the process's own.

    Raises:
        UsageError: a value makes no sense, or a KHABAR_* variable is not known.
    """
    environ = os.environ if environ is None else environ
    _refuse_unknown(environ)
    origins: dict[str, str] = {}
    models_path = _folder("models", models, environ, origins)
    cache_path = _folder("cache", cache, environ, origins)
    return Settings(
        models=models_path,
        cache=cache_path,
        threads=_threads(threads, environ, origins),
        offline=_offline(offline, environ, origins),
        origins=origins,
    )


def models_dir(environ: Mapping[str, str] | None = None) -> Path:
    """The folder of added models: $KHABAR_MODELS, $KHABAR_HOME/models, or the user's data folder."""
    return load_settings(environ=environ).models


def cache_dir(environ: Mapping[str, str] | None = None) -> Path:
    """The folder of caches: $KHABAR_CACHE, $KHABAR_HOME/cache, or the user's cache folder."""
    return load_settings(environ=environ).cache


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    unknown = sorted(name for name in environ if name.startswith("KHABAR_") and name not in VARIABLES)
    if unknown:
        known = ", ".join(VARIABLES)
        raise UsageError("no such setting", where=unknown[0], hint=f"known variables: {known}")


def _folder(name: str, flag: str | Path | None, environ: Mapping[str, str], origins: dict[str, str]) -> Path:
    variable = f"KHABAR_{name.upper()}"
    if flag is not None:
        origins[name] = "flag"
        return _absolute(flag, f"--{name}")
    if environ.get(variable):
        origins[name] = variable
        return _absolute(environ[variable], variable)
    if environ.get("KHABAR_HOME"):
        origins[name] = "KHABAR_HOME"
        return _absolute(environ["KHABAR_HOME"], "KHABAR_HOME") / name
    origins[name] = "default"
    # Imported here because most commands never need a default folder, and start-up time counts.
    import platformdirs

    if name == "models":
        return Path(platformdirs.user_data_dir("khabar", appauthor=False)) / "models"
    return Path(platformdirs.user_cache_dir("khabar", appauthor=False))


def _absolute(value: str | Path, where: str) -> Path:
    if "\0" in str(value):
        raise UsageError("a path cannot hold a zero byte", where=where)
    try:
        return Path(os.path.abspath(Path(value).expanduser()))
    except RuntimeError as exc:  # ~someone who does not exist
        raise UsageError(f"no home folder for {value}", where=where) from exc


def _threads(flag: int | None, environ: Mapping[str, str], origins: dict[str, str]) -> int | None:
    value: int | None = flag
    where = "--threads"
    origins["threads"] = "default" if flag is None else "flag"
    text = environ.get("KHABAR_THREADS", "").strip()
    if flag is None and text:
        where = origins["threads"] = "KHABAR_THREADS"
        # int() alone would take "1_0" and Arabic digits, which nobody means here.
        if not (text.isascii() and text.isdecimal() and len(text) < 6):
            raise UsageError(f"a whole number is expected, got {text!r:.40}", where=where)
        value = int(text)
    if value is not None and not 1 <= value <= _MAX_THREADS:
        raise UsageError(f"threads must be between 1 and {_MAX_THREADS}, got {value}", where=where)
    return value


def _offline(flag: bool | None, environ: Mapping[str, str], origins: dict[str, str]) -> bool:
    if flag is not None:
        origins["offline"] = "flag"
        return flag
    # The hub's own switch is honoured, so that one variable silences everything.
    for variable in ("KHABAR_OFFLINE", "HF_HUB_OFFLINE"):
        text = environ.get(variable, "").strip().lower()
        if text in _FALSE:
            continue
        if text not in _TRUE and variable.startswith("KHABAR_"):
            raise UsageError(f"1 or 0 is expected, got {text!r:.40}", where=variable)
        if text in _TRUE:
            origins["offline"] = variable
            return True
    origins["offline"] = "default"
    return False
