"""Measure the glossary: load time, search speed and memory with 100,000 entries on one core.

In: nothing; names and text are made from a seed. Out: one JSON object on standard output. The targets are:
load < 2 s, search >= 1 MB/s of UTF-8, memory < 150 MB. Not here: translation.
"""

from __future__ import annotations

import json
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from khabar_glossaries import Glossary
from khabar_glossaries.entry import Entry
from khabar_glossaries.formats import write_entries
from khabar_glossaries.wordlists import common_words

N_ENTRIES = 100_000
TEXT_BYTES = 2_000_000
SEED = 7
_LETTERS = "ابتثجحخدذرزسشصضطعغفقكلمنهوي"
_PREFIXES = ("", "", "", "و", "ب", "ل", "وب", "ول")


def make_entries(n_entries: int, rng: random.Random) -> list[Entry]:
    """Names of one to three words of three to seven letters; every fifth has a variant."""
    entries: dict[str, Entry] = {}
    while len(entries) < n_entries:
        words = [
            "".join(rng.choices(_LETTERS, k=rng.randint(3, 7))) for _ in range(rng.choice((1, 1, 2, 2, 3)))
        ]
        source = " ".join(words)
        variants = (source + "ه",) if rng.random() < 0.2 else ()
        kind = rng.choice(("person", "place", "org"))
        entries[source] = Entry(
            source=source,
            target=f"Name {len(entries)}",
            variants=variants,
            type=kind,
            origin="made",
            date="2026",
        )
    return list(entries.values())


def make_text(entries: list[Entry], n_bytes: int, rng: random.Random) -> list[str]:
    """Sentences of 25 words, one in eight a name with proclitics, the others common words."""
    words = sorted(common_words())
    lines, size = [], 0
    while size < n_bytes:
        line = " ".join(
            rng.choice(_PREFIXES) + rng.choice(entries).source if rng.random() < 0.125 else rng.choice(words)
            for _ in range(25)
        )
        lines.append(line)
        size += len(line.encode()) + 1
    return lines


def resident_mb() -> float:
    """Peak resident memory of this process in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def measure(glossary_path: Path, text_path: Path) -> dict[str, object]:
    """Load and search in this process, which must have done nothing else: its peak memory is measured.

    Returns:
        Seconds of CPU time, MB/s, MB, and what it ran on.
    """
    lines = text_path.read_text(encoding="utf-8").split("\n")
    before_mb = resident_mb()
    start = time.process_time()
    glossary = Glossary.load(glossary_path, builtin=False)
    n_keys = sum(1 for _ in glossary.matcher.written_keys())
    load_s = time.process_time() - start
    memory_mb = resident_mb() - before_mb
    start = time.process_time()
    n_matches = sum(len(glossary.find(line)) for line in lines)
    find_s = time.process_time() - start
    return {
        "schema": 1,
        "n_entries": len(glossary),
        "n_keys": n_keys,
        "file_mb": round(glossary_path.stat().st_size / 1e6, 1),
        "load_s": round(load_s, 2),
        "memory_mb": round(memory_mb, 1),
        "text_mb": round(text_path.stat().st_size / 1e6, 1),
        "find_mb_per_s": round(text_path.stat().st_size / 1e6 / find_s, 2),
        "n_matches": n_matches,
        "python": platform.python_version(),
        "machine": platform.machine(),
    }


def main() -> None:
    """Make the files, then measure in a fresh process."""
    if len(sys.argv) == 3:
        print(json.dumps(measure(Path(sys.argv[1]), Path(sys.argv[2]))))
        return
    with tempfile.TemporaryDirectory() as folder:
        rng = random.Random(SEED)
        entries = make_entries(N_ENTRIES, rng)
        glossary_path, text_path = Path(folder) / "large.tsv", Path(folder) / "text.txt"
        write_entries(entries, glossary_path)
        text_path.write_text("\n".join(make_text(entries, TEXT_BYTES, rng)), encoding="utf-8")
        subprocess.run([sys.executable, __file__, str(glossary_path), str(text_path)], check=True)


if __name__ == "__main__":
    main()
