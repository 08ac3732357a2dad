"""`khabar models`: list, describe, add, verify, remove and measure models, and say where they lie.

In: names and sources. Out: lines or JSON objects. Not here: the work (khabar_core.assets,
khabar_core.convert).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from khabar.cli.options import Threads
from khabar.cli.output import Progress, emit, emit_json, quiet_pipe, warn
from khabar_core.errors import ModelError, UsageError
from khabar_core.records import to_json
from khabar_core.textio import safe_terminal

if TYPE_CHECKING:
    from khabar_core.manifest import Manifest
    from khabar_core.measure import ModelSpeed

__all__ = ["register"]

DEFAULT = "default"

_Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
_Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on standard error.")]
_Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of a model, or its folder.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Add and look after models.")
    for name, command in (
        ("list", list_models),
        ("info", info),
        ("add", add),
        ("verify", verify),
        ("remove", remove),
        ("where", where),
        ("bench", bench),
    ):
        group.command(name)(command)
    app.add_typer(group, name="models")


def list_models(json: _Json = False) -> None:
    """List the models that khabar can use; one that is damaged is listed with its fault.

    Examples:

    khabar models list
    """
    from khabar_core.assets import BrokenModel, ModelStore

    with quiet_pipe():
        default = _default_manifest()
        _row(default, json, built=default.path is not None)
        for entry in ModelStore().entries():
            if not isinstance(entry, BrokenModel):
                _row(entry, json)
            elif json:
                emit_json({"name": entry.name, "error": str(entry.error)})
            else:
                _line(f"{entry.name}\tdamaged: {entry.error}")


def info(name: _Name = DEFAULT, json: _Json = False) -> None:
    """Describe a model: family, tasks, languages, licence, origin, files, scores.

    Examples:

    khabar models info default
    """
    from khabar_core.assets import load_manifest

    manifest = _default_manifest() if name == DEFAULT else load_manifest(name)
    if json:
        emit_json(_record(manifest))
        return
    with quiet_pipe():
        for key, value in _facts(manifest):
            _line(f"{key + ':':14}{value}")


def add(
    source: Annotated[str, typer.Argument(help="Hub name, URL, folder, archive or GGUF file.")],
    name: Annotated[str | None, typer.Option(help="Name in the store; default: last part of SOURCE.")] = None,
    revision: Annotated[str | None, typer.Option(help="Branch, tag or commit on the hub.")] = None,
    quantization: Annotated[str, typer.Option(help="int8, int8_float32, float16 or float32.")] = "int8",
    licence: Annotated[str | None, typer.Option(help="Licence, where the source does not state it.")] = None,
    family: Annotated[str | None, typer.Option(help="Model family, where the files do not tell.")] = None,
    prompt: Annotated[str | None, typer.Option(help="For language models: a text with {source}.")] = None,
    task: Annotated[str, typer.Option(help="What --prompt is for: translate or brief.")] = "translate",
    sha256: Annotated[str | None, typer.Option(help="Checksum that a downloaded file must have.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a model of that name.")] = False,
    parity: Annotated[bool, typer.Option(help="Compare converted weights with the original.")] = True,
    offline: Annotated[bool, typer.Option("--offline", help="Use only what was fetched before.")] = False,
    json: _Json = False,
    quiet: _Quiet = False,
) -> None:
    """Fetch, convert, quantise, check and store a model; nothing is stored when a step fails.

    Examples:

    khabar models add Helsinki-NLP/opus-mt-ar-en
    khabar models add translate-ar_en-1_0.argosmodel --name argos
    khabar models add ./my-finetuned-nllb --quantization int8_float32
    """
    from khabar_core.convert.adding import AddOptions, add_model
    from khabar_core.settings import load_settings

    options = AddOptions(
        name=name,
        revision=revision,
        quantization=quantization,
        licence=licence,
        family=family,
        prompt=prompt,
        task=task,
        sha256=sha256,
        replace=replace,
        parity=parity,
    )
    settings = load_settings(offline=True if offline else None)
    with Progress("adding", quiet=quiet) as progress:
        manifest = add_model(source, options, settings=settings, progress=_noting(progress))
    if json:
        emit_json(_record(manifest))
        return
    _line(f"added {manifest.name} ({_size(manifest.size_bytes)}, {manifest.compute_type}) in {manifest.path}")
    if manifest.licence == "unknown":
        warn(
            ModelError("the licence is not known", where=manifest.name, hint="find it out before you use it")
        )


def verify(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="Models; none: all of them.")
    ] = None,
    json: _Json = False,
    quiet: _Quiet = False,
) -> None:
    """Compare the files of models with their checksums; exit code 4 if one is damaged.

    Examples:

    khabar models verify
    """
    from khabar_core.assets import ModelStore

    chosen = names or [*([DEFAULT] if _default_manifest().path else []), *ModelStore().names()]
    failure: ModelError | None = None
    with Progress("verifying", quiet=quiet) as progress:
        for name in chosen:
            fault = _fault(name, _noting(progress))
            failure = failure or fault
            progress.close()
            if json:
                emit_json(
                    {"name": name, "sound": fault is None, "error": None if fault is None else str(fault)}
                )
            else:
                _line(f"{name}: {'sound' if fault is None else fault}")
    if failure is not None:
        raise failure


def remove(name: _Name, json: _Json = False) -> None:
    """Remove a model from the store; the default model leaves the cache and is built again on use.

    Examples:

    khabar models remove argos
    """
    from khabar_core.assets import ModelStore

    gone = _remove_default() if name == DEFAULT else ModelStore().remove(name)
    if json:
        emit_json({"name": name, "removed": str(gone)})
    else:
        _line(f"removed {gone}")


def where(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="A model; none: the folders.")] = None,
    json: _Json = False,
) -> None:
    """Print the folder of a model, or the folders that khabar uses and which setting chose them.

    Examples:

    khabar models where
    """
    from khabar_core.assets import load_manifest
    from khabar_core.default_model import built_model_path
    from khabar_core.settings import load_settings

    if name is not None:
        path = built_model_path() if name == DEFAULT else load_manifest(name).path
        if json:
            emit_json({"name": name, "path": str(path)})
        else:
            _line(str(path))
        return
    settings = load_settings()
    for key, value in (("models", settings.models), ("cache", settings.cache)):
        if json:
            emit_json({"setting": key, "path": str(value), "origin": settings.origins[key]})
        else:
            _line(f"{key}: {value} ({settings.origins[key]})")


def bench(
    name: _Name = DEFAULT,
    compute_type: Annotated[
        list[str] | None,
        typer.Option(help="int8, float32, ...; may be repeated. Default: the model's own, and int8."),
    ] = None,
    beam: Annotated[int, typer.Option(help="Beam size; 1 is fastest.", min=1, max=64)] = 4,
    threads: Threads = None,
    json: _Json = False,
    quiet: _Quiet = False,
) -> None:
    """Measure a model on this machine: seconds to load, tokens per second, peak memory.

    The model translates (or, if it cannot, briefs) twelve sentences of news, in a process of its own.

    Examples:

    khabar models bench

    khabar models bench opus-mt-ar-en --compute-type int8 --compute-type float32
    """
    from khabar_core.measure import measure_model

    own = ""
    with Progress("measuring", quiet=quiet) as progress, quiet_pipe():
        if not json:
            _line("compute\tload s\ttokens/s\tpeak MB\tthreads\tbeam")
        for wanted in compute_type or (None, "int8"):
            if own.startswith("int8"):
                break  # int8, int8_float32 and their kin are one thing on a processor
            progress.note(f"measuring {wanted or 'the model as it is stored'}")
            speed = measure_model(name, compute_type=wanted, threads=threads, beam_size=beam)
            progress.close()
            own = "" if compute_type else speed.compute_type
            if json:
                emit_json({**to_json(speed), "tokens_per_s": speed.tokens_per_s})
            else:
                _line("\t".join(_figures(speed)))


def _figures(speed: ModelSpeed) -> tuple[str, ...]:
    peak = "?" if speed.peak_mb is None else f"{speed.peak_mb:.0f}"
    times = (f"{speed.load_s:.1f}", f"{speed.tokens_per_s:.0f}")
    return (speed.compute_type, *times, peak, str(speed.threads), str(speed.beam_size))


def _default_manifest() -> Manifest:
    """The manifest of the default model; its path is None as long as it is not built."""
    import dataclasses

    from khabar_core.default_model import built_model_path, data_folder
    from khabar_core.manifest import MANIFEST_FILE, Manifest

    built = built_model_path()
    if (built / MANIFEST_FILE).is_file():
        return dataclasses.replace(Manifest.read(built), name=DEFAULT)
    return dataclasses.replace(Manifest.read(data_folder()), name=DEFAULT, path=None)


def _remove_default() -> Path:
    import shutil

    from khabar_core.default_model import built_model_path

    built = built_model_path()
    if not built.is_dir():
        raise ModelError("the default model is not built", where=str(built))
    try:
        shutil.rmtree(built)
    except OSError as exc:
        raise ModelError(f"cannot be removed: {exc.strerror}", where=str(built)) from exc
    return built


def _fault(name: str, progress: Callable[[float, str], None]) -> ModelError | None:
    """What is wrong with a model; None if nothing is."""
    from khabar_core.assets import ModelStore, load_manifest, verify_folder
    from khabar_core.default_model import verify_default_model

    try:
        if name == DEFAULT:
            verify_default_model(progress)
        elif (ModelStore().root / name).is_dir():
            ModelStore().verify(name, progress)
        else:
            verify_folder(load_manifest(name), progress)
    except UsageError as exc:
        return ModelError(str(exc))
    except ModelError as exc:
        return exc
    return None


def _row(manifest: Manifest, json: bool, built: bool = True) -> None:
    if json:
        emit_json({**_record(manifest), "built": built})
        return
    size = _size(manifest.size_bytes) if built else "built on first use"
    tasks = "+".join(manifest.tasks)
    _line(f"{manifest.name}\t{manifest.family}\t{tasks}\t{manifest.compute_type}\t{size}\t{manifest.licence}")


def _record(manifest: Manifest) -> Mapping[str, Any]:
    record = {key: value for key, value in manifest.to_json().items() if key != "schema"}
    return {
        **record,
        "bytes": manifest.size_bytes,
        "path": None if manifest.path is None else str(manifest.path),
    }


def _facts(manifest: Manifest) -> list[tuple[str, str]]:
    languages = ", ".join(f"{iso} ({code})" for iso, code in sorted(manifest.languages.items()))
    facts = [
        ("name", manifest.name),
        ("description", manifest.description),
        ("family", manifest.family),
        ("tasks", ", ".join(manifest.tasks)),
        ("languages", languages),
        ("licence", manifest.licence),
        ("source", manifest.source),
        ("date", manifest.date),
        ("stored as", manifest.compute_type),
        ("size", _size(manifest.size_bytes)),
        ("term hints", "obeyed" if manifest.hint_format else "not trained for"),
        ("trained on", ", ".join(manifest.training_data)),
        *((f"score {key}", str(value)) for key, value in manifest.scores.items()),
        ("folder", "built on first use" if manifest.path is None else str(manifest.path)),
    ]
    return [(key, value) for key, value in facts if value]


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:,.1f} MB"


def _line(text: str) -> None:
    # Manifests come from strangers, and so may their names for things.
    emit((safe_terminal(" ".join(text.split("\n"))) + "\n").encode("utf-8", "replace"))


def _noting(progress: Progress) -> Callable[[float, str], None]:
    return lambda fraction, word: progress.note(f"{word} {fraction:.0%}")
