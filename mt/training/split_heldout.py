"""Set 60 pairs of each corpus file aside for evaluation: those whose ids hash lowest, so the choice is no
one's taste.

In: data/news_*.jsonl. Out: the same files without the chosen rows, and data/heldout.jsonl. Run once;
running it again
when heldout.jsonl exists is refused.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

N_EACH = 60
DATA = Path(__file__).parent / "data"


def main() -> None:
    """Split every corpus file."""
    target = DATA / "heldout.jsonl"
    if target.exists():
        raise SystemExit(f"{target} exists; the held-out pairs are chosen once")
    heldout: list[str] = []
    for path in sorted(DATA.glob("news_*.jsonl")):
        lines = [line for line in path.read_text(encoding="utf-8").split("\n") if line]
        rank = sorted(lines, key=lambda line: hashlib.sha256(json.loads(line)["id"].encode()).hexdigest())
        chosen = set(rank[:N_EACH])
        heldout += [line for line in lines if line in chosen]
        path.write_text("".join(line + "\n" for line in lines if line not in chosen), encoding="utf-8")
    target.write_text("".join(line + "\n" for line in heldout), encoding="utf-8")
    print(f"{len(heldout)} pairs set aside in {target}")


if __name__ == "__main__":
    main()
