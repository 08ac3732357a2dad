"""Run every benchmark and write docs/benchmarks.md.

In: the benchmarks beside this file. Out: the report; the raw numbers as benchmarks/results.json. Not here:
what is measured (bench_*.py).
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
REPORT = HERE.parent / "docs" / "benchmarks.md"
RESULTS = HERE / "results.json"
PACKAGES = ("khabar", "ctranslate2", "sacrebleu", "transformers", "torch")


def machine() -> dict[str, str]:
    """What it ran on."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line for line in info.read_text(encoding="utf-8").split("\n") if line.startswith("model name")
        ]
        cpu = names[0].split(":", 1)[1].strip() if names else cpu
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return {
        "date": datetime.date.today().isoformat(),
        "processor": f"{cpu}, {os.cpu_count()} logical cores",
        "load before": f"{load:.1f}",
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "versions": ", ".join(f"{name} {_version(name)}" for name in PACKAGES),
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except ModuleNotFoundError:
        return "absent"


def run_script(name: str, *arguments: str) -> Any:
    """The JSON that a benchmark prints."""
    done = subprocess.run(
        [sys.executable, str(HERE / name), *arguments], stdout=subprocess.PIPE, cwd=HERE, check=True
    )
    return json.loads(done.stdout)


def table(rows: list[tuple[str, ...]]) -> list[str]:
    """A Markdown table; the first row is its head."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return [lines[0], "|" + "---|" * len(rows[0]), *lines[1:]]


def translation_report(results: dict[str, Any]) -> list[str]:
    """The section on translation."""
    head = ("article", "search", "seconds", "output tokens/s", "overhead", "peak MB", "load s")
    rows: list[tuple[str, ...]] = [(*head, "decoded again", "doubtful")]
    for name, by_beam in results["articles"].items():
        for search, r in by_beam.items():
            if r is not None:
                values = [
                    r["seconds"],
                    r["tokens_per_s"],
                    f"{r['overhead_share']:.1%}",
                    r["peak_mb"],
                    r["load_s"],
                ]
                counts = [f"{r['decoded_again']} of {r['segments']}", r["doubtful"]]
                rows.append((f"{name} ({r['words']} words)", search, *map(str, values + counts)))
    lines = ["## Translation", "", *table(rows), ""]
    lines.append(
        "Overhead: wall time outside the decoder (segmentation, normalisation, glossary, guards, layout); "
        "target at most 5 %. Seconds include everything but loading, and every second attempt of the ladder."
    )
    peer = results.get("peer")
    if peer:
        lines += [
            "",
            f"Against the same weights in transformers (float32, greedy, one sentence at a time, "
            f"{peer['sentences']} sentences, {results['threads']} threads): khabar "
            f"{peer['khabar_tokens_per_s']} tokens/s, transformers {peer['peer_tokens_per_s']} tokens/s, "
            f"**{peer['speed_ratio']} times as fast** (processor time per token: {peer['cpu_ratio']} "
            f"times less); "
            f"{peer['equal_outputs']} outputs are equal to the letter, the others differ by int8 rounding.",
        ]
    if any(results["dev"].values()):
        head = ("development set", "lines", "BLEU", "chrF++", "numbers lost", "doubtful segments", "seconds")
        rows = [head]
        signatures = []
        for name, r in results["dev"].items():
            if r:
                lost = f"{r['numbers_lost']} of {r['numbers']}"
                doubtful = f"{r['doubtful']} of {r['segments']}"
                rows.append(
                    (name, *map(str, (r["lines"], r["bleu"], r["chrf"], lost, doubtful, r["seconds"])))
                )
                signatures = [f"`{r['bleu_signature']}`", f"`{r['chrf_signature']}`"]
        lines += ["", *table(rows), "", f"Signatures: {', '.join(signatures)}. First lines of each set."]
    return lines


def glossary_report(r: dict[str, Any]) -> list[str]:
    """The section on the glossary."""
    return [
        "## Glossary",
        "",
        f"{r['n_entries']:,} made-up entries ({r['n_keys']:,} keys): loaded in {r['load_s']} s (target < 2), "
        f"searched at {r['find_mb_per_s']} MB/s (target ≥ 1), {r['memory_mb']} MB of memory (target < 150).",
    ]


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", default="100", help="of each development set; 0 for none")
    parser.add_argument("--threads", default=str(os.cpu_count() or 1))
    parser.add_argument("--from-results", action="store_true", help="only write the report again")
    options = parser.parse_args()
    if options.from_results:
        results = json.loads(RESULTS.read_text(encoding="utf-8"))
    else:
        results = {
            "machine": machine(),
            "glossary": run_script("bench_glossary.py"),
            "translate": run_script(
                "bench_translate.py", "--lines", options.lines, "--threads", options.threads
            ),
        }
        RESULTS.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    lines = ["# Benchmarks", "", "Written by `make bench` (benchmarks/run.py); do not edit.", ""]
    lines += [f"* {name}: {value}" for name, value in results["machine"].items()]
    lines += ["", *translation_report(results["translate"]), "", *glossary_report(results["glossary"]), ""]
    REPORT.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
