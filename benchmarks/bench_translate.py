"""Measure translation: speed, memory, overhead, the same weights in transformers, quality on dev sets.

In: an article (and, where they exist, development sets). Out: one JSON object on standard output. Each part
runs in its own process, so that torch does not count in khabar's memory. Not here: the report (run.py).
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
PEER_SEGMENTS = 8


class TimedEngine:
    """Passes everything on to an engine, and counts the seconds and tokens of decoding."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self.seconds = 0.0
        self.n_tokens = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def generate(self, requests: Sequence[Any], options: Any) -> Any:
        """Decode and count; only the best hypothesis counts as written."""
        begun = time.perf_counter()
        results = self._engine.generate(requests, options)
        self.seconds += time.perf_counter() - begun
        self.n_tokens += sum(found[0].n_tokens for found in results)
        return results


def measure(path: Path, beam: int, ladder: bool, threads: int) -> dict[str, Any]:
    """Translate an article with the shipped glossary."""
    from khabar_core.engines import load_engine
    from khabar_glossaries import Glossary
    from khabar_mt.options import TranslateOptions
    from khabar_mt.translator import Translator

    load_engine("default", threads=threads)  # builds the model where that has not been done
    begun = time.perf_counter()
    engine = TimedEngine(load_engine("default", threads=threads))
    glossary = Glossary.builtin()
    translator = Translator(engine, glossary, TranslateOptions(beam_size=beam, ladder=ladder))
    translator.translate("مرحبا.")  # the first call builds tables that the others share
    load_s = time.perf_counter() - begun
    engine.seconds, engine.n_tokens = 0.0, 0
    text = path.read_text(encoding="utf-8")
    begun, cpu = time.perf_counter(), time.process_time()
    translated = translator.translate(text)
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    return {
        "words": len(text.split()),
        "segments": len(translated.translations),
        "doubtful": sum(t.doubtful for t in translated.translations),
        "decoded_again": sum(len(t.attempts) > 1 for t in translated.translations),
        "glossary_entries": len(glossary),
        "load_s": round(load_s, 2),
        "seconds": round(seconds, 2),
        "cpu_s": round(time.process_time() - cpu, 2),
        "tokens_per_s": round(engine.n_tokens / seconds, 1),
        "overhead_share": round(1 - engine.seconds / seconds, 4),
        "peak_mb": round(peak),
        "signature": str(translated.signature),
    }


def compare(path: Path, threads: int) -> dict[str, Any]:
    """The same sentences, greedy, through khabar's engine and through transformers in float32."""
    from peer import load_peer, translate

    from khabar_core.engines import load_engine
    from khabar_core.engines.base import DecodeOptions, Request
    from khabar_mt.arabic import normalise
    from khabar_mt.segmentation import split_sentences

    sentences = [
        " ".join(normalise(s).split())
        for line in path.read_text(encoding="utf-8").split("\n")
        for s in split_sentences(line)
        if s.strip()
    ]
    chosen = sentences[:: max(1, len(sentences) // PEER_SEGMENTS)][:PEER_SEGMENTS]
    engine = load_engine("default", threads=threads)
    engine.generate([Request(text=chosen[0])], DecodeOptions(beam_size=1))
    begun, cpu = time.perf_counter(), time.process_time()
    ours = engine.generate([Request(text=text) for text in chosen], DecodeOptions(beam_size=1))
    ours_s, ours_cpu_s = time.perf_counter() - begun, time.process_time() - cpu
    model, tokenizer = load_peer()
    translate(model, tokenizer, [f"Arabic: {chosen[0]}\nEnglish:"], threads)
    begun, cpu = time.perf_counter(), time.process_time()
    texts, n_tokens = translate(model, tokenizer, [f"Arabic: {text}\nEnglish:" for text in chosen], threads)
    theirs_s, theirs_cpu_s = time.perf_counter() - begun, time.process_time() - cpu
    n_ours = sum(found[0].n_tokens for found in ours)
    return {
        "sentences": len(chosen),
        "khabar_s": round(ours_s, 2),
        "khabar_tokens_per_s": round(n_ours / ours_s, 1),
        "peer_s": round(theirs_s, 2),
        "peer_tokens_per_s": round(n_tokens / theirs_s, 1),
        "speed_ratio": round((n_ours / ours_s) / (n_tokens / theirs_s), 2),
        # Processor time per token: what remains true on a machine that others use too.
        "cpu_ratio": round((theirs_cpu_s / n_tokens) / (ours_cpu_s / n_ours), 2),
        "equal_outputs": sum(a[0].text.strip() == b for a, b in zip(ours, texts, strict=True)),
    }


def score(name: str, n_lines: int, threads: int) -> dict[str, Any]:
    """Quality of the default translator on the first lines of a development set."""
    import sacrebleu

    from khabar_core.engines import load_engine
    from khabar_glossaries import Glossary
    from khabar_mt.numbers import compare_numbers
    from khabar_mt.translator import Translator

    folder = SHARED / "data" / "dev"
    sources = (folder / f"{name}.ar").read_text(encoding="utf-8").split("\n")[:n_lines]
    references = (folder / f"{name}.en").read_text(encoding="utf-8").split("\n")[:n_lines]
    translator = Translator(load_engine("default", threads=threads), Glossary.builtin())
    begun = time.perf_counter()
    results = translator.translate(sources)
    seconds = time.perf_counter() - begun
    hypotheses = [" ".join(result.text.split("\n")) for result in results]
    bleu, chrf = sacrebleu.BLEU(), sacrebleu.CHRF(word_order=2)
    numbers = [compare_numbers(s, h) for s, h in zip(sources, hypotheses, strict=True)]
    flags = [t.doubtful for result in results for t in result.translations]
    return {
        "lines": len(sources),
        "bleu": round(bleu.corpus_score(hypotheses, [references]).score, 2),
        "bleu_signature": str(bleu.get_signature()),
        "chrf": round(chrf.corpus_score(hypotheses, [references]).score, 2),
        "chrf_signature": str(chrf.get_signature()),
        "numbers": sum(n.n_source for n in numbers),
        "numbers_lost": sum(len(n.missing) for n in numbers),
        "segments": len(flags),
        "doubtful": sum(flags),
        "seconds": round(seconds, 1),
    }


def _part(arguments: list[str]) -> dict[str, Any] | None:
    """Run a part in its own process; None when it fails, with its message on standard error."""
    done = subprocess.run([sys.executable, __file__, *arguments], stdout=subprocess.PIPE, check=False)
    if done.returncode:
        print(f"bench_translate: {' '.join(arguments)} failed", file=sys.stderr)
        return None
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def run(threads: int, n_lines: int) -> dict[str, Any]:
    """Every part on every article there is."""
    articles = [ROOT / "examples" / "article.ar.txt", SHARED / "seed" / "article.ar.txt"]
    present = [path for path in articles if path.exists()]
    results: dict[str, Any] = {"schema": 1, "threads": threads, "articles": {}, "dev": {}}
    for path in present:
        name = path.relative_to(path.parents[1]).as_posix()
        results["articles"][name] = {
            f"beam {beam}": _part(["--measure", str(path), "--beam", str(beam), "--threads", str(threads)])
            for beam in (4, 1)
        }
    results["peer"] = _part(["--compare", str(present[-1]), "--threads", str(threads)])
    if n_lines and (SHARED / "data" / "dev").exists():
        for name in ("flores200_dev", "ud_pud"):
            results["dev"][name] = _part(
                ["--score", name, "--lines", str(n_lines), "--threads", str(threads)]
            )
    return results


def main() -> None:
    """Parse the options and print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", type=Path, help="one article only")
    parser.add_argument("--compare", type=Path, help="one article against transformers")
    parser.add_argument("--score", help="one development set")
    parser.add_argument("--beam", type=int, default=4)
    parser.add_argument("--no-ladder", action="store_true")
    parser.add_argument("--lines", type=int, default=100, help="of each development set; 0 for none")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    if options.measure:
        result = measure(options.measure, options.beam, not options.no_ladder, options.threads)
    elif options.compare:
        result = compare(options.compare, options.threads)
    elif options.score:
        result = score(options.score, options.lines, options.threads)
    else:
        result = run(options.threads, options.lines)
    print(json.dumps(result, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
