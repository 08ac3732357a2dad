"""Engines turn requests into hypotheses: CTranslate2 models of several families, and an echo for tests.

`load_engine` makes one from a name: "default", "echo", a model of the store, or a folder with a manifest.
"""

from __future__ import annotations

from collections.abc import Callable

from khabar_core.engines.base import DecodeOptions, Engine, Hypothesis, Request
from khabar_core.engines.echo import EchoEngine
from khabar_core.manifest import Manifest

__all__ = ["DecodeOptions", "EchoEngine", "Engine", "Hypothesis", "Request", "load_engine"]


def load_engine(
    name: str = "default",
    *,
    threads: int | None = None,
    compute_type: str | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> Engine:
    """Load a model.

    Args:
        name: "default" (built on first use), "echo", the name of an added model, or a model folder.
        threads: how many to use; None takes `KHABAR_THREADS`, else what the machine or container grants.
        compute_type: CTranslate2's ("int8", "float32", ...); None takes what the model was stored for.
        progress: called with a fraction 0..1 and a word while the default model is being built.

    Raises:
        ModelError: there is no such model, or it is damaged or of an unknown kind.
        UsageError: a thread count that makes no sense.
    """
    if name == "echo":
        return EchoEngine()
    if name == "default":
        from khabar_core.default_model import ensure_default_model

        manifest = Manifest.read(ensure_default_model(progress))
    else:
        from khabar_core.assets import load_manifest

        manifest = load_manifest(name)
    if manifest.is_decoder:
        from khabar_core.engines.ct2_decoder import Ct2DecoderEngine

        return Ct2DecoderEngine(manifest, name=name, threads=threads, compute_type=compute_type)
    from khabar_core.engines.ct2_seq2seq import Ct2Seq2SeqEngine

    return Ct2Seq2SeqEngine(manifest, name=name, threads=threads, compute_type=compute_type)
