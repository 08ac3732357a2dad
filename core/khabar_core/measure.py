"""Measure a model on this machine: how long it takes to load, tokens per second, memory.

In: a model's name and how it is to run. Out: a record. Each measurement runs in a process of its own, because
memory that one model has taken would count for the next. Not here: quality (khabar_eval), the work around
decoding (benchmarks).
"""

from __future__ import annotations

import multiprocessing
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from khabar_core.engines import DecodeOptions, Request, load_engine
from khabar_core.engines.threads import plan_threads
from khabar_core.errors import KhabarError, ModelError

__all__ = ["ModelSpeed", "measure_model"]

_LESS = "a smaller compute type needs less memory"
# Short, middling and long sentences, as news has them.
_ARABIC = (
    "أعلنت بلدية المدينة إغلاق الجسر القديم أمام السيارات.",
    "قال وزير النقل إن أعمال الصيانة تستغرق ستة أسابيع وتكلف نحو 4.5 مليون دولار.",
    "ووصل وفد من المهندسين صباح الثلاثاء لفحص الأعمدة التي تضررت في فيضانات الشتاء الماضي.",
    "ولم تسجل أي إصابات.",
    "وأضاف الوزير في مؤتمر صحافي عقده في مقر البلدية أن الحكومة طلبت من ثلاث شركات أجنبية تقديم عروضها قبل "
    "نهاية الشهر، وأن العمل لن يبدأ إلا بعد أن توافق لجنة مستقلة على الخطط.",
    "ويعبر الجسر كل يوم أكثر من 34 ألف سيارة، وفقا لأرقام الشرطة.",
    "وطالب تجار السوق المجاور بتعويضات عن خسائرهم.",
    "وقال أحدهم: «لم يدخل متجري أحد منذ يومين».",
    "ومن المقرر أن يناقش المجلس البلدي القضية في جلسة علنية يوم الخميس المقبل بحضور ممثلين عن السكان.",
    "وبني الجسر عام 1931 وأعيد ترميمه مرتين.",
    "ورفض رئيس البلدية التعليق على تقارير تحدثت عن إهمال في الصيانة خلال السنوات العشر الماضية.",
    "وستحول السيارات إلى الطريق الساحلي حتى إشعار آخر.",
)
_ENGLISH = (
    "The city has closed the old bridge to cars, saying the pillars were damaged in last winter's "
    "floods. The transport minister said repairs would take six weeks and cost about $4.5 million. A "
    "team of engineers arrived on Tuesday. No injuries were reported. More than 34,000 cars cross the "
    "bridge every day, police figures show. Traders in the nearby market demanded compensation for "
    "their losses. The council is to discuss the matter in public on Thursday.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpeed:
    """What was measured.

    Attributes:
        name: of the model.
        compute_type: that it ran with.
        threads: that it had.
        beam_size: of the decoding.
        load_s: seconds from nothing to a model that is ready, libraries included.
        decode_s: seconds of decoding the sample.
        n_texts: texts in the sample.
        n_tokens: tokens that were written.
        peak_mb: most memory that the process had, in MB; None where the system does not tell.
    """

    name: str
    compute_type: str
    threads: int
    beam_size: int
    load_s: float
    decode_s: float
    n_texts: int
    n_tokens: int
    peak_mb: float | None

    @property
    def tokens_per_s(self) -> float:
        """Tokens written in a second of decoding."""
        return self.n_tokens / self.decode_s if self.decode_s else 0.0


def measure_model(
    name: str, *, compute_type: str | None = None, threads: int | None = None, beam_size: int = 4
) -> ModelSpeed:
    """Load a model in a process of its own and decode a sample of news.

    Args:
        name: "default" (built before, when it must be), a model of the store, or a folder.
        compute_type: CTranslate2's; None takes the model's own.
        threads: None takes what the machine grants.
        beam_size: 1 is greedy.

    Raises:
        KhabarError: the model is missing or cannot be used; what the other process met.
        ModelError: the process died, most likely for lack of memory.
    """
    if name == "default":
        from khabar_core.default_model import ensure_default_model

        ensure_default_model(None)
    # Not by fork: a copy of this process would begin with its memory and its loaded libraries.
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_measure_here, args=(sender, name, compute_type, threads, beam_size))
    process.start()
    sender.close()
    try:
        answer = receiver.recv()
    except EOFError:
        process.join()
        raise ModelError(f"its process ended with {process.exitcode}", where=name, hint=_LESS) from None
    except BaseException:
        process.terminate()
        raise
    process.join()
    if isinstance(answer, ModelSpeed):
        return answer
    raise answer


def _measure_here(sender: Any, name: str, compute_type: str | None, threads: int | None, beam: int) -> None:
    """What the other process does."""
    try:
        answer: ModelSpeed | KhabarError = _measure(name, compute_type, threads, beam)
    except KhabarError as error:
        answer = error
    except MemoryError:
        answer = ModelError("not enough memory", where=name, hint=_LESS)
    sender.send(answer)
    sender.close()


def _measure(name: str, compute_type: str | None, threads: int | None, beam_size: int) -> ModelSpeed:
    begun = time.perf_counter()
    engine = load_engine(name, compute_type=compute_type, threads=threads)
    load_s = time.perf_counter() - begun
    task = "translate" if "translate" in engine.tasks else engine.tasks[0]
    texts = _ARABIC if task == "translate" else _ENGLISH
    requests = [Request(text=text, task=task) for text in texts]
    options = DecodeOptions(beam_size=beam_size)
    engine.generate(requests[:1], DecodeOptions(beam_size=1, max_output_tokens=4))  # what is set up once
    begun = time.perf_counter()
    results = engine.generate(requests, options)
    decode_s = time.perf_counter() - begun
    plan = plan_threads(threads)
    return ModelSpeed(
        name=name,
        compute_type=dict(engine.signature.fields).get("compute", "none"),
        threads=plan.workers * plan.threads,
        beam_size=beam_size,
        load_s=load_s,
        decode_s=decode_s,
        n_texts=len(texts),
        n_tokens=sum(found[0].n_tokens for found in results),
        peak_mb=_peak_mb(),
    )


def _peak_mb() -> float | None:
    """Most memory that this process had.

    On Linux not from `resource`, whose figure begins with the memory of the process that started this one.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        status = ""
    found = re.search(r"^VmHWM:\s*(\d+) kB", status, re.MULTILINE)
    if found:
        return int(found.group(1)) / 1e3
    try:
        import resource
    except ImportError:  # Windows
        return None
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
