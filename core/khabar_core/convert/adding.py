"""Add a model from wherever it is to the store: find out what the source is, fetch, convert, check, install.

In: a source as a user writes it (hub name, URL, folder, archive, GGUF file) and options. Out: the manifest of
the installed model; when anything fails, the store is as it was. Not here: the steps themselves (hub, unpack,
folders, huggingface, gguf_model, parity).
"""

from __future__ import annotations

import dataclasses
import datetime
import re
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from khabar_core.assets import ModelStore, check_name
from khabar_core.convert.families import ct2_vocabulary, newline_stops, profile, read_json, turn_end
from khabar_core.convert.folders import take_argos, take_ct2, take_khabar
from khabar_core.errors import InputError, ModelError, UsageError
from khabar_core.hub import Fetched, download_file, fetch_repository, parse_hub_ref
from khabar_core.manifest import (
    DECODER_FAMILIES,
    MANIFEST_FILE,
    SEQ2SEQ_FAMILIES,
    Manifest,
    file_sha256,
)
from khabar_core.settings import Settings, load_settings
from khabar_core.unpack import is_archive, unpack

__all__ = ["AddOptions", "add_model", "source_kind"]

Progress = Callable[[float, str], None]

QUANTIZATIONS = ("int8", "int8_float32", "float16", "float32")
_ARCHIVES = (".argosmodel", ".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2")
_DOWNLOADS = "downloads"
_FILES = (*_ARCHIVES, ".gguf")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOptions:
    """How a model is added.

    Attributes:
        name: in the store; None takes the last part of the source.
        revision: branch, tag or commit on a hub; the commit is written into the manifest.
        quantization: how converted weights are stored; models that are converted already stay as they are.
        licence: overrides what the source says.
        family: overrides what the files say.
        prompt: for language models, a text with `{source}`, and `{terms}` where hints go.
        task: what the prompt is for: "translate" or "brief".
        sha256: that a downloaded file must have.
        replace: whether a model of that name may be replaced.
        parity: whether converted weights are compared with the original.
    """

    name: str | None = None
    revision: str | None = None
    quantization: str = "int8"
    licence: str | None = None
    family: str | None = None
    prompt: str | None = None
    task: str = "translate"
    sha256: str | None = None
    replace: bool = False
    parity: bool = True

    def __post_init__(self) -> None:
        if self.quantization not in QUANTIZATIONS:
            raise _choice("quantization", self.quantization, QUANTIZATIONS)
        families = (*SEQ2SEQ_FAMILIES, *DECODER_FAMILIES)
        if self.family is not None and self.family not in families:
            raise _choice("family", self.family, families)
        if self.task not in ("translate", "brief"):
            raise _choice("task", self.task, ("translate", "brief"))
        if self.prompt is not None and self.prompt.count("{source}") != 1:
            raise UsageError("{source} must stand in the prompt once", where="--prompt")
        if self.sha256 is not None and not re.fullmatch(r"[0-9a-fA-F]{64}", self.sha256):
            raise UsageError("64 hexadecimal digits are expected", where="--sha256")


def add_model(
    source: str,
    options: AddOptions = AddOptions(),
    *,
    settings: Settings | None = None,
    progress: Progress | None = None,
) -> Manifest:
    """Add a model to the store.

    Args:
        source: hub name (`owner/name`, `owner/name@revision`, `owner/name/file.gguf`), URL of a hub's model
            page, URL of an archive or GGUF file, path of a folder, archive or GGUF file.
        options: see AddOptions.
        settings: where the store is; None resolves them from the environment.
        progress: called with a fraction 0..1 and a word.

    Raises:
        InputError: a path that does not exist, or a source that is none of these.
        ModelError: the model cannot be fetched, read, converted or stored.
        UsageError: a name that cannot be one.
    """
    settings = load_settings() if settings is None else settings
    store = ModelStore.from_settings(settings)
    name = check_name(options.name) if options.name else default_name(source)
    with store.staging(name, replace=options.replace) as stage:
        fetched = _locate(source, options, settings, progress)
        target = stage / "model"
        target.mkdir()
        origin = _opened(fetched.path, stage)
        draft = _take(origin, target, options, progress)
        installed = store.install(target, _manifest(name, draft, fetched, options))
    if fetched.path.parent == settings.cache / _DOWNLOADS:
        # It was kept for another try only; the hub's own cache is the user's and stays.
        fetched.path.unlink(missing_ok=True)
    return installed


def default_name(source: str) -> str:
    """A store name from a source: its last part without endings, odd characters replaced.

    >>> default_name("Helsinki-NLP/opus-mt-ar-en@main")
    'opus-mt-ar-en'
    """
    path = urllib.parse.urlsplit(source).path if "://" in source else source
    parts = [part for part in path.split("/") if part not in ("", ".", "..")]
    for mark in ("tree", "resolve", "blob"):
        if "://" in source and mark in parts[2:] and not parts[-1].endswith(_FILES):
            parts = parts[: parts.index(mark, 2)]
    last = parts[-1] if parts else ""
    for ending in _FILES:
        last = last.removesuffix(ending)
    last = last.split("@", 1)[0]
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", last).strip("-._")
    if not name:
        raise UsageError("no name can be made of this source", where=source[:100], hint="give --name")
    return check_name(name[:100])


def source_kind(folder: Path) -> str:
    """What a folder holds: "khabar", "argos", "ct2", "huggingface" or "gguf".

    Raises:
        ModelError: none of these.
    """
    if (folder / MANIFEST_FILE).is_file():
        return "khabar"
    if (folder / "metadata.json").is_file() and (folder / "model" / "model.bin").is_file():
        return "argos"
    if (folder / "model.bin").is_file():
        return "ct2"
    weights = [*folder.glob("*.safetensors"), *folder.glob("pytorch_model*.bin")]
    if (folder / "config.json").is_file() and weights:
        return "huggingface"
    ggufs = sorted(folder.glob("*.gguf"))
    if len(ggufs) == 1:
        return "gguf"
    if ggufs:
        raise ModelError("holds several GGUF files", where=str(folder), hint="name the file instead")
    hint = "config.json with safetensors, a CTranslate2 model.bin, an Argos package, or a .gguf file"
    raise ModelError("holds no model that khabar knows", where=str(folder), hint=hint)


def _locate(source: str, options: AddOptions, settings: Settings, progress: Progress | None) -> Fetched:
    """Find the source on this machine, or fetch it."""
    ref = parse_hub_ref(source, options.revision)
    if "://" in source:
        path = urllib.parse.urlsplit(source).path
        is_file = path.endswith(_ARCHIVES) or (path.endswith(".gguf") and (ref is None or ref.file is None))
        if ref is None or is_file:
            if settings.offline:
                raise ModelError("downloads are off", where=source, hint="fetch the file yourself and add it")
            folder = settings.cache / _DOWNLOADS
            found = download_file(source, folder, sha256=options.sha256, progress=progress)
            return Fetched(path=found, source=source)
    else:
        local = _local_path(source)
        if local is not None:
            if options.sha256 and (local.is_dir() or file_sha256(local) != options.sha256.lower()):
                raise ModelError("the checksum differs from the one given", where=source)
            return Fetched(path=local, source=str(local))
        if source.startswith((".", "/", "~")) or source.endswith(_ARCHIVES) or ref is None:
            raise InputError("no such file or folder", where=source)
    if options.sha256:
        hint = "--revision COMMIT pins a repository"
        raise UsageError("only a file has one checksum", where="--sha256", hint=hint)
    return fetch_repository(ref, offline=settings.offline, progress=progress)


def _local_path(source: str) -> Path | None:
    """The absolute path of a source that exists on this machine."""
    try:
        path = Path(source).expanduser()
        return path.resolve() if path.exists() else None
    except (OSError, RuntimeError, ValueError):  # unreadable, ~somebody without a home, a zero byte
        return None


def _opened(path: Path, stage: Path) -> Path:
    """The folder or GGUF file to take; archives are unpacked into the stage."""
    if path.is_dir():
        return path
    with path.open("rb") as stream:
        if stream.read(4) == b"GGUF":
            return path
    if not is_archive(path):
        hint = "a folder, a zip or tar archive, an .argosmodel or a .gguf file"
        raise InputError("is not a model", where=str(path), hint=hint)
    unpacked = stage / "unpacked"
    unpacked.mkdir()
    unpack(path, unpacked)
    inside = list(unpacked.iterdir())
    # Most archives hold one folder with everything in it.
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else unpacked


def _take(origin: Path, target: Path, options: AddOptions, progress: Progress | None) -> Manifest:
    if origin.is_file():
        return _take_gguf(origin, target, options, progress)
    kind = source_kind(origin)
    if kind == "khabar":
        return take_khabar(origin, target)
    if kind == "argos":
        return take_argos(origin, target)
    if kind == "ct2":
        return take_ct2(origin, target, family=options.family)
    if kind == "gguf":
        return _take_gguf(next(origin.glob("*.gguf")), target, options, progress)
    return _take_huggingface(origin, target, options, progress)


def _take_huggingface(origin: Path, target: Path, options: AddOptions, progress: Progress | None) -> Manifest:
    # Only this road needs torch, and its modules say so when it is missing.
    from khabar_core.convert.huggingface import convert_huggingface
    from khabar_core.convert.parity import measure_parity

    _report(progress, 0.0, "converting")
    found = convert_huggingface(origin, target, quantization=options.quantization, family=options.family)
    scores = {}
    if options.parity:
        _report(progress, 0.6, "comparing with the original")
        parity = measure_parity(origin, target, found)
        scores = {"parity": dataclasses.asdict(parity)}
        if not parity.sound:
            raise ModelError(
                f"the converted model differs from the original by {parity.logprob_loss} nats per token",
                where=str(origin),
                hint="try --quantization float32; --no-parity skips the comparison",
            )
    _report(progress, 1.0, "done")
    licence = _config_licence(origin)
    return found.draft(compute_type=options.quantization, scores=scores, licence=licence)


def _take_gguf(origin: Path, target: Path, options: AddOptions, progress: Progress | None) -> Manifest:
    from khabar_core.convert.gguf_model import convert_gguf

    facts = convert_gguf(origin, target, quantization=options.quantization, progress=progress)
    config = {"max_position_embeddings": facts.window, "sliding_window": facts.sliding_window}
    found = profile(options.family or facts.family, config, chat_template=facts.chat_template)
    special = {
        **found.special,
        **newline_stops(set(ct2_vocabulary(target)), facts.chat_template),
        "tokenizer": "tokenizer.json",
        "bos": facts.bos,
        "eos": turn_end(facts.chat_template) or facts.eos,
    }
    found = dataclasses.replace(found, special=special)
    licence = "" if facts.licence == "unknown" else facts.licence
    return found.draft(compute_type=options.quantization, licence=licence, description=facts.name)


def _manifest(name: str, draft: Manifest, fetched: Fetched, options: AddOptions) -> Manifest:
    """Fill in what only the addition knows, and what the user said on top."""
    known = draft.source != "unknown"  # a model that another khabar made says itself where it came from
    source = draft.source if known else fetched.source
    date = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    manifest = dataclasses.replace(
        draft,
        name=name,
        licence=options.licence or draft.licence or fetched.licence or "unknown",
        source=source,
        date=draft.date or date,
        description=draft.description or f"{draft.family} model from {source}",
    )
    if options.prompt is not None:
        prompts = {**manifest.prompts, options.task: options.prompt}
        manifest = dataclasses.replace(manifest, prompts=prompts, tasks=tuple(sorted(prompts)))
    return manifest


def _config_licence(folder: Path) -> str:
    """The licence in a configuration, which a few models state there."""
    config = read_json(folder / "config.json")
    value = config.get("license") if isinstance(config, dict) else None
    return value if isinstance(value, str) else ""


def _choice(name: str, value: str, known: tuple[str, ...]) -> UsageError:
    return UsageError(f"{value!r:.40} is not known", where=f"--{name}", hint="one of " + ", ".join(known))


def _report(progress: Progress | None, fraction: float, word: str) -> None:
    if progress is not None:
        progress(fraction, word)
