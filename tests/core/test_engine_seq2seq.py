"""The encoder-decoder engine: converted tiny models against transformers, and its guards."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path
from typing import Any

import pytest

from khabar_core.engines.base import DecodeOptions, Engine, Request
from khabar_core.engines.ct2_seq2seq import Ct2Seq2SeqEngine
from khabar_core.errors import ModelError
from khabar_core.manifest import Manifest, describe_files

from .tiny_ct2 import make_ct2
from .tiny_models import make_tiny
from .tiny_tokenizers import ARABIC, ENGLISH, pieces, sentencepiece_model

SHORT = DecodeOptions(beam_size=1, max_output_tokens=15)


def write_manifest(folder: Path, **fields: Any) -> Manifest:
    """A manifest for a folder that holds a converted model."""
    return Manifest(name="tiny", files=describe_files(folder), **fields).write(folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random encoder-decoder with SentencePiece on both sides, made without torch."""
    found = make_ct2(tmp_path_factory.mktemp("tiny-seq2seq") / "model", seed=1)
    (found / "source.spm").write_bytes(sentencepiece_model())
    (found / "target.spm").write_bytes(sentencepiece_model())
    write_manifest(found, family="opennmt", special={"eos": "</s>"}, max_input_tokens=60)
    return found


@pytest.fixture(scope="module")
def engine(folder: Path) -> Ct2Seq2SeqEngine:
    """One engine for the module."""
    return Ct2Seq2SeqEngine(Manifest.read(folder), threads=2)


def test_it_is_an_engine(engine: Ct2Seq2SeqEngine) -> None:
    assert isinstance(engine, Engine)
    assert not engine.takes_hints
    assert engine.count_tokens(ARABIC[0]) > 5
    assert "unknown" not in str(engine.signature)


@pytest.mark.parametrize("beam_size", [1, 3])
def test_output_does_not_depend_on_the_batch(engine: Ct2Seq2SeqEngine, beam_size: int) -> None:
    """Alone, together, shuffled: bitwise the same text and score."""
    options = dataclasses.replace(SHORT, beam_size=beam_size, n_best=beam_size)
    requests = [Request(text=text) for text in (*ARABIC, *ENGLISH, "سوق", *ARABIC)]
    alone = [engine.generate([request], options)[0] for request in requests]
    assert engine.generate(requests, options) == alone
    order = list(range(len(requests)))
    random.Random(3).shuffle(order)
    assert engine.generate([requests[i] for i in order], options) == [alone[i] for i in order]


def test_forced_beginning_is_not_counted(engine: Ct2Seq2SeqEngine) -> None:
    forced = engine.generate([Request(text=ARABIC[0], prefix="The mayor said")], SHORT)[0][0]
    assert forced.text.startswith("The mayor said")
    assert forced.n_tokens <= 15
    assert forced.logprob_per_token < 0


def test_score_is_the_mean_whatever_the_length_penalty(engine: Ct2Seq2SeqEngine) -> None:
    for prefix in ("", "The mayor"):
        request = [Request(text=ARABIC[1], prefix=prefix)]
        means = [
            engine.generate(request, dataclasses.replace(SHORT, length_penalty=penalty))[0][
                0
            ].logprob_per_token
            for penalty in (0.0, 1.0, 2.0)
        ]
        assert means == pytest.approx([means[0]] * 3, rel=1e-4)


def test_suppressed_word_does_not_come(engine: Ct2Seq2SeqEngine) -> None:
    """Words are suppressed with the space before them."""
    first = engine.generate([Request(text=ARABIC[0])], SHORT)[0][0].text
    # A letter that begins no longer piece, so that no other piece can bring it.
    begun = [piece[1:] for piece in pieces(sentencepiece_model()) if piece.startswith("\u2581")]
    letters = {piece for piece in begun if sum(other.startswith(piece) for other in begun) == 1}
    letter = next(word[0] for word in first.split()[1:] if word[0] in letters)
    again = engine.generate([Request(text=ARABIC[0], suppress=(letter,))], SHORT)[0][0].text
    assert not any(word.startswith(letter) for word in again.split()), letter


def test_sample_is_repeated_with_its_seed(engine: Ct2Seq2SeqEngine) -> None:
    options = dataclasses.replace(SHORT, sampling_temperature=1.5, n_best=3, seed=2)
    requests = [Request(text=text) for text in ARABIC]
    first = engine.generate(requests, options)
    assert engine.generate(requests, options) == first
    assert engine.generate(requests, dataclasses.replace(options, seed=3)) != first


def test_limit_is_kept_and_told(engine: Ct2Seq2SeqEngine) -> None:
    for hypothesis in (h[0] for h in engine.generate([Request(text=t) for t in ARABIC], SHORT)):
        assert hypothesis.n_tokens <= 15
        assert hypothesis.finished == (hypothesis.n_tokens < 15)


def test_long_source_is_refused_not_cut(engine: Ct2Seq2SeqEngine) -> None:
    """CTranslate2 alone would drop what is beyond its limit without a word."""
    with pytest.raises(ModelError, match=r"too long, 60 fit \(split the text\)"):
        engine.generate([Request(text=" ".join(ARABIC * 2))], SHORT)


def test_task_that_the_model_lacks_is_refused(engine: Ct2Seq2SeqEngine) -> None:
    with pytest.raises(ModelError, match="cannot do the task brief"):
        engine.generate([Request(text="x", task="brief")], SHORT)


@pytest.mark.parametrize("missing", ["model.bin", "source.spm"])
def test_missing_file_is_named(missing: str, folder: Path, tmp_path: Path) -> None:
    for found in folder.iterdir():
        if found.name != missing:
            (tmp_path / found.name).write_bytes(found.read_bytes())
    with pytest.raises(ModelError, match=f"{missing} is missing"):
        Ct2Seq2SeqEngine(Manifest.read(tmp_path))


def transformers_text(folder: Path, request: Request, family: str) -> str:
    """What transformers itself writes greedily for a request."""
    import torch
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    from khabar_core.convert.huggingface import quiet_transformers

    with quiet_transformers():
        tokenizer = AutoTokenizer.from_pretrained(folder)
        model = AutoModelForSeq2SeqLM.from_pretrained(folder).eval()
        extra: dict[str, Any] = {}
        if family == "nllb":
            extra["forced_bos_token_id"] = tokenizer.convert_tokens_to_ids("eng_Latn")
        ids = tokenizer(request.text, return_tensors="pt")["input_ids"]
        with torch.no_grad():
            out = model.generate(ids, num_beams=1, do_sample=False, max_length=18, min_length=0, **extra)
        return str(tokenizer.decode(out[0], skip_special_tokens=True)).strip()


@pytest.mark.torch
@pytest.mark.slow
@pytest.mark.parametrize("family", ["marian", "nllb", "t5"])
def test_engine_writes_what_transformers_writes(family: str, tmp_path: Path) -> None:
    """From text to text: tokenizer, language codes, start tokens and detokenising are the family's."""
    from khabar_core.convert.huggingface import convert_huggingface

    source = make_tiny(family, tmp_path / "hf")
    target = tmp_path / "ct2"
    target.mkdir()
    found = convert_huggingface(source, target, quantization="float32")
    manifest = write_manifest(
        target,
        family=found.family,
        tasks=found.tasks,
        prompts=found.prompts,
        languages=found.languages,
        special=found.special,
        max_input_tokens=found.max_input_tokens,
        compute_type="float32",
    )
    engine = Ct2Seq2SeqEngine(manifest, threads=1)
    for text in ARABIC[:2]:
        request = Request(text=text)
        ours = engine.generate([request], DecodeOptions(beam_size=1, max_output_tokens=15))[0][0].text
        theirs = transformers_text(source, request, family)
        # Length limits count start tokens differently, so compare what both have written.
        shorter, longer = sorted((ours, theirs), key=len)
        assert len(shorter) > 10
        assert longer.startswith(shorter)
