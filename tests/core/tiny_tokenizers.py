"""Tokenizers of a few hundred pieces, trained on a few sentences, which tests use as well."""

from __future__ import annotations

import functools
import json
import shutil
import tempfile
from pathlib import Path

ARABIC = (
    "قال رئيس البلدية إن السوق القديم سيفتح أبوابه يوم الخميس بعد ترميم استمر عامين.",
    "غادر الوفد المدينة صباحا وعاد في المساء دون أن يدلي بتصريح.",
    "بلغ عدد الطلاب 250 طالبا في ثلاث مدارس جديدة قرب النهر.",
    "تساقطت الأمطار بغزارة على الساحل فأغلقت الطرق الجبلية.",
)
ENGLISH = (
    "The mayor said the old market will open its doors on Thursday after two years of repairs.",
    "The delegation left the city in the morning and returned at night without a statement.",
    "The number of pupils reached 250 in three new schools near the river.",
    "Heavy rain fell on the coast and closed the mountain roads.",
)


@functools.lru_cache(maxsize=4)
def sentencepiece_model(kind: str = "unigram", extra: tuple[str, ...] = ()) -> bytes:
    """A SentencePiece model of at most 300 pieces; the first three are <unk>, <s> and </s>."""
    import sentencepiece

    folder = Path(tempfile.mkdtemp())
    try:
        corpus = folder / "corpus.txt"
        corpus.write_text("\n".join(ARABIC + ENGLISH) + "\n", encoding="utf-8")
        sentencepiece.SentencePieceTrainer.train(
            input=str(corpus),
            model_prefix=str(folder / "spm"),
            vocab_size=300,
            model_type=kind,
            character_coverage=1.0,
            hard_vocab_limit=False,
            byte_fallback=kind == "bpe",
            unk_id=0,
            bos_id=1,
            eos_id=2,
            pad_id=-1,
            user_defined_symbols=list(extra),
            minloglevel=2,
        )
        return (folder / "spm.model").read_bytes()
    finally:
        shutil.rmtree(folder)


def pieces(model: bytes) -> list[str]:
    """The pieces of a SentencePiece model in id order."""
    import sentencepiece

    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    return [processor.id_to_piece(i) for i in range(processor.get_piece_size())]


def scored_pieces(model: bytes) -> list[tuple[str, float]]:
    """The pieces with their scores, in id order."""
    import sentencepiece

    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    return [(processor.id_to_piece(i), processor.get_score(i)) for i in range(processor.get_piece_size())]


def word_pieces() -> list[tuple[str, float]]:
    """The scored pieces of words alone, without the model's own marks."""
    return [pair for pair in scored_pieces(sentencepiece_model()) if pair[0] not in ("<unk>", "<s>", "</s>")]


def fairseq_pieces() -> list[tuple[str, float]]:
    """The order of fairseq's models, which begin with marks of their own."""
    return [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *word_pieces()]


def bpe_table(
    specials: tuple[str, ...], *, metaspace: bool, byte_fallback: bool = False
) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Vocabulary and merges of a BPE, trained on the sentences; with U+2581 for spaces, or byte-level."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    if metaspace:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        alphabet: list[str] = []
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        alphabet = pre_tokenizers.ByteLevel.alphabet()
    first = [*specials, *(f"<0x{i:02X}>" for i in range(256))] if byte_fallback else list(specials)
    trainer = trainers.BpeTrainer(
        vocab_size=len(first) + (300 if metaspace else 500),
        special_tokens=first,
        initial_alphabet=alphabet,
        show_progress=False,
    )
    tokenizer.train_from_iterator(ARABIC + ENGLISH, trainer)
    data = json.loads(tokenizer.to_str())["model"]
    return data["vocab"], [tuple(pair) for pair in data["merges"]]
