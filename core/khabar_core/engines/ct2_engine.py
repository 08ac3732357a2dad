"""What decoder-only and encoder-decoder models on CTranslate2 do alike: load, describe themselves, decode.

In: a manifest, later requests. Out: a loaded model; hypotheses in the order of the requests. Not here: how a
family makes tokens of a request and calls the model (ct2_decoder, ct2_seq2seq); batches (batching).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from khabar_core.engines.base import DecodeOptions, Hypothesis, Request
from khabar_core.engines.batching import (
    Job,
    choose_compute_type,
    first_line,
    make_batches,
    model_signature,
    run_jobs,
)
from khabar_core.engines.threads import ThreadPlan, plan_threads
from khabar_core.engines.tokenizing import Codec
from khabar_core.errors import ModelError
from khabar_core.manifest import Manifest
from khabar_core.records import Signature

__all__ = ["Ct2Engine"]


class Ct2Engine(ABC):
    """A model in CTranslate2's format.

    Args:
        manifest: of a folder with a CTranslate2 model and tokenizer files.
        name: what the user called it.
        threads: total number of threads; None takes what the machine or container grants.
        compute_type: CTranslate2's; None takes the manifest's.

    Raises:
        ModelError: a file is missing, or the model cannot be loaded.
        UsageError: a thread count or a compute type that makes no sense here.
    """

    # The class of ctranslate2 that runs this kind of model.
    _runner: ClassVar[str]

    def __init__(
        self,
        manifest: Manifest,
        *,
        name: str | None = None,
        threads: int | None = None,
        compute_type: str | None = None,
    ) -> None:
        self._manifest = manifest
        self._name = name or manifest.name
        self._plan = plan_threads(threads)
        self._compute_type = choose_compute_type(compute_type, manifest.compute_type)
        manifest.check()
        tokenizers, self._codec = self._read_tokenizers()
        self._model = self._load(self._plan)
        self._signature = model_signature(manifest, tokenizers, self._model.compute_type)

    @abstractmethod
    def _read_tokenizers(self) -> tuple[Sequence[str], Codec]:
        """Names of the tokenizer files, and the codec of sources; keeps what else the family needs."""

    @abstractmethod
    def _job(self, index: int, request: Request, options: DecodeOptions) -> Job:
        """A request as tokens."""

    @abstractmethod
    def _start(self, model: Any, batch: Sequence[Job], options: DecodeOptions) -> Any:
        """Begin to decode a batch; a handle for each job."""

    @abstractmethod
    def _finish(self, job: Job, result: Any, options: DecodeOptions) -> list[Hypothesis]:
        """The hypotheses of one job."""

    def _load(self, plan: ThreadPlan) -> Any:
        import ctranslate2

        self._manifest.file("model.bin")
        try:
            return getattr(ctranslate2, self._runner)(
                str(self._manifest.path),
                device="cpu",
                compute_type=self._compute_type,
                inter_threads=plan.workers,
                intra_threads=plan.threads,
                max_queued_batches=-1,
            )
        except (RuntimeError, ValueError) as exc:
            where, hint = str(self._manifest.path), f"khabar models verify {self._name}"
            raise ModelError(
                f"the model cannot be loaded: {first_line(exc)}", where=where, hint=hint
            ) from exc

    @property
    def name(self) -> str:
        """The name that the user gave."""
        return self._name

    @property
    def signature(self) -> Signature:
        """Model, tokenizer and adapter hashes, CTranslate2 version, compute type."""
        return self._signature

    @property
    def tasks(self) -> tuple[str, ...]:
        """As the manifest says."""
        return self._manifest.tasks

    @property
    def takes_hints(self) -> bool:
        """Whether the manifest has a hint format, because the model was trained to obey hints."""
        return self._manifest.hint_format is not None

    @property
    def max_input_tokens(self) -> int:
        """As the manifest says."""
        return self._manifest.max_input_tokens

    def count_tokens(self, text: str) -> int:
        """Tokens of the text alone."""
        return len(self._codec.encode(text))

    def generate(self, requests: Sequence[Request], options: DecodeOptions) -> list[list[Hypothesis]]:
        """Decode; the result of a request is the same whatever else is in `requests`, except when sampling.

        Raises:
            ModelError: the model cannot do a task or language, a text is far too long, or CTranslate2 failed.
        """
        model, workers = self._model, self._plan.workers
        if options.sampling_temperature > 0:
            # CTranslate2 seeds the random numbers of a thread only once, so a sample that can be repeated
            # needs a new, single worker.
            import ctranslate2

            ctranslate2.set_random_seed(options.seed)
            model, workers = self._load(ThreadPlan(1, self._plan.workers * self._plan.threads)), 1
        jobs = [self._job(i, request, options) for i, request in enumerate(requests)]
        batches = make_batches(jobs, options, workers)
        try:
            return run_jobs(
                jobs,
                batches,
                lambda batch: self._start(model, batch, options),
                lambda job, result: self._finish(job, result, options),
            )
        except (RuntimeError, ValueError) as exc:
            raise ModelError(f"decoding failed: {first_line(exc)}", where=self._name) from exc
