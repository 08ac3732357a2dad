"""Tokenised training examples and length-bucketed batches.

In: the shards that prepare.py wrote, the tokenizer. Out: padded (ids, targets) batches of about the same
number of
tokens. The prompts here are those of the shipped manifest; a test holds them together.
"""

from __future__ import annotations

import json
import lzma
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

MAX_TOKENS = 1408
SYNTHETIC = "Arabic*: "  # marks a back-translated source, so that its faults are not learnt as Arabic


def translate_prompt(ar: str, hints: list[list[str]] | tuple = (), label: str = "Arabic: ") -> str:
    """The prompt of the translation task."""
    terms = "Terms: " + "; ".join(f"{a} = {e}" for a, e in hints) + "\n" if hints else ""
    return f"{terms}{label}{ar}\nEnglish:"


def reverse_prompt(en: str) -> str:
    """The prompt of the reverse direction, used to make synthetic sources only."""
    return f"English: {en}\nArabic:"


@dataclass
class Examples:
    """Examples with weights: the mean number of times that one is seen in a pass."""

    tokens: list[np.ndarray] = field(default_factory=list)
    n_prompt: list[int] = field(default_factory=list)
    weight: list[float] = field(default_factory=list)

    def add(self, encoder: Encoder, prompts: list[str], targets: list[str], weights: list[float]) -> None:
        """Tokenise and append; what is too long is left out. An empty prompt makes a language-model
        example.
        """
        for x, y, weight in zip(
            encoder.many(prompts), encoder.many([" " + t for t in targets]), weights, strict=True
        ):
            ids = [encoder.bos, *x, *y, encoder.eos]
            if len(ids) <= MAX_TOKENS:
                self.tokens.append(np.asarray(ids, dtype=np.uint16))
                self.n_prompt.append(1 + len(x))
                self.weight.append(weight)

    def extend(self, other: Examples, scale: float = 1.0) -> None:
        """Append another set with its weights scaled."""
        self.tokens += other.tokens
        self.n_prompt += other.n_prompt
        self.weight += [w * scale for w in other.weight]

    def scaled_to(self, n_tokens: float) -> Examples:
        """The same examples, weighted so that a mean pass has about so many tokens."""
        scaled = Examples()
        scaled.extend(self, n_tokens / max(1.0, self.n_tokens()))
        return scaled

    def n_tokens(self) -> float:
        """Tokens in a mean pass."""
        return float(sum(len(t) * w for t, w in zip(self.tokens, self.weight, strict=True)))


class Encoder:
    """The tokenizer with its special ids."""

    def __init__(self, path: Path) -> None:
        self.tokenizer = Tokenizer.from_file(str(path))
        vocabulary = self.tokenizer.get_vocab()
        self.bos, self.eos, self.pad = (vocabulary[t] for t in ("<bos>", "<eos>", "<pad>"))

    def many(self, texts: list[str]) -> list[list[int]]:
        """Ids of each text without special tokens."""
        return [e.ids for e in self.tokenizer.encode_batch(texts, add_special_tokens=False)]

    def prompt(self, text: str) -> list[int]:
        """Ids of a prompt with the beginning mark."""
        return [self.bos, *self.tokenizer.encode(text, add_special_tokens=False).ids]

    def text(self, ids: list[int]) -> str:
        """Decoded text on one line."""
        return " ".join(self.tokenizer.decode(ids).split())


def read_jsonl(path: Path) -> list[dict]:
    """All rows of a compressed JSONL file."""
    with lzma.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def read_lines(path: Path, limit: int | None = None) -> list[str]:
    """The first `limit` lines of a compressed text file."""
    with lzma.open(path, "rt", encoding="utf-8") as file:
        return [line.rstrip("\n") for _, line in zip(range(limit or 10**9), file, strict=False)]


def batches(
    examples: Examples, budget: int, pad: int, rng: np.random.Generator, fill: int = 0
) -> Iterator[tuple[np.ndarray, np.ndarray, int]]:
    """Yield (ids, targets, n_tokens) for ever; each pass draws every example floor(weight) times or once
    more. With `fill`, three batches in four have filled prompts (see pad_batch).
    """
    weight = np.asarray(examples.weight)
    while True:
        times = np.floor(weight).astype(int) + (rng.random(len(weight)) < weight % 1)
        order = np.repeat(np.arange(len(weight)), times)
        rng.shuffle(order)
        for start in range(0, len(order), 16384):
            chunk = sorted(order[start : start + 16384], key=lambda i: len(examples.tokens[i]))
            groups: list[list[int]] = [[]]
            for i in chunk:
                if groups[-1] and (len(groups[-1]) + 1) * len(examples.tokens[i]) > budget:
                    groups.append([])
                groups[-1].append(int(i))
            for g in rng.permutation(len(groups)):
                yield pad_batch(examples, groups[g], pad, fill if rng.random() < 0.75 else 0)


def pad_batch(
    examples: Examples, rows: list[int], pad: int, fill: int = 0
) -> tuple[np.ndarray, np.ndarray, int]:
    """Right-pad some examples to a multiple of 16 tokens; targets are -100 on prompt and padding.

    With `fill`, padding goes before each prompt until its length is a multiple of it, as at run time.
    """
    before = [-examples.n_prompt[i] % fill if fill else 0 for i in rows]
    longest = max(n + len(examples.tokens[i]) for n, i in zip(before, rows, strict=True))
    longest = -(-longest // 16) * 16
    ids = np.full((len(rows), longest), pad, dtype=np.int64)
    targets = np.full((len(rows), longest), -100, dtype=np.int64)
    for row, (i, start) in enumerate(zip(rows, before, strict=True)):
        tokens = examples.tokens[i]
        ids[row, start : start + len(tokens)] = tokens
        targets[row, start + examples.n_prompt[i] : start + len(tokens)] = tokens[examples.n_prompt[i] :]
    return ids, targets, sum(len(examples.tokens[i]) for i in rows)


def pair_batches(
    encoder: Encoder, rows: list[dict], budget: int, rng: np.random.Generator, fill: int = 0
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (ids, targets) for ever; rows 2i and 2i + 1 are the right and the wrong output of a prompt.

    There is no end mark, as the engine scores them.
    """
    both = Examples()
    for side in ("target", "wrong"):
        both.add(encoder, [r["prompt"] for r in rows], [r[side] for r in rows], [1.0] * len(rows))
    if len(both.tokens) != 2 * len(rows):
        raise ValueError("a pair is too long")
    both.tokens = [tokens[:-1] for tokens in both.tokens]
    while True:
        order = list(rng.permutation(len(rows)))
        while order:
            group: list[int] = []
            longest = 0
            while order:
                pair = int(order[-1])
                longest = max(longest, len(both.tokens[pair]), len(both.tokens[pair + len(rows)]))
                if group and (len(group) + 2) * longest > budget:
                    break
                group += [pair, pair + len(rows)]
                order.pop()
            ids, targets, _ = pad_batch(both, group, encoder.pad, fill if rng.random() < 0.75 else 0)
            yield ids, targets


def in_background(source: Iterator, depth: int = 8) -> Iterator:
    """Run an endless iterator in a thread, so that the accelerator does not wait for padding."""
    ready: queue.Queue = queue.Queue(depth)

    def fill() -> None:
        for item in source:
            ready.put(item)

    threading.Thread(target=fill, daemon=True).start()
    while True:
        yield ready.get()
