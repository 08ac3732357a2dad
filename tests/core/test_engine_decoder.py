"""The decoder engine on a tiny random model: the same real code paths as with a large one."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from khabar_core.engines.base import DecodeOptions, Engine, Request
from khabar_core.engines.batching import LIMIT_STEP, output_limit
from khabar_core.engines.ct2_decoder import MAX_PROMPT_TOKENS, Ct2DecoderEngine
from khabar_core.errors import ModelError, UsageError
from khabar_core.manifest import Manifest

SENTENCES = (
    "وصل الوفد إلى المدينة مساء أمس",
    "لا تعليق",
    "قال الوزير إن الجسر الجديد سيفتح في الربيع المقبل بعد تأخير دام عامين",
    "ثلاثة جرحى في حادث سير",
    "أمطار غزيرة على الساحل وثلوج فوق الجبال والسلطات تدعو السكان إلى الحذر",
    "انتهى الاجتماع دون بيان",
)
SHORT = DecodeOptions(beam_size=1, max_output_tokens=12)


@pytest.fixture(scope="module")
def engine(tiny_decoder_folder: Path) -> Ct2DecoderEngine:
    """One engine for the module: loading is most of a test's time."""
    return Ct2DecoderEngine(Manifest.read(tiny_decoder_folder), threads=2)


def test_it_is_an_engine(engine: Ct2DecoderEngine) -> None:
    assert isinstance(engine, Engine)
    assert engine.takes_hints
    assert engine.tasks == ("translate", "brief")
    assert engine.max_input_tokens == 160


@pytest.mark.parametrize("beam_size", [1, 3])
def test_output_does_not_depend_on_the_batch(engine: Ct2DecoderEngine, beam_size: int) -> None:
    """Alone, all together, shuffled, in tiny batches: bitwise the same text and score."""
    options = dataclasses.replace(SHORT, beam_size=beam_size, n_best=beam_size)
    requests = [
        Request(text=text, hints=(("حلب", "Aleppo"),) * (i % 2)) for i, text in enumerate(SENTENCES * 2)
    ]
    alone = [engine.generate([request], options)[0] for request in requests]
    assert engine.generate(requests, options) == alone
    order = list(range(len(requests)))
    random.Random(4).shuffle(order)
    small = dataclasses.replace(options, batch_tokens=1)
    assert engine.generate([requests[i] for i in order], small) == [alone[i] for i in order]


def test_thread_count_does_not_change_the_output(engine: Ct2DecoderEngine, tiny_decoder_folder: Path) -> None:
    single = Ct2DecoderEngine(Manifest.read(tiny_decoder_folder), threads=1)
    requests = [Request(text=text) for text in SENTENCES]
    assert single.generate(requests, SHORT) == engine.generate(requests, SHORT)


def test_score_is_the_mean_whatever_the_length_penalty(engine: Ct2DecoderEngine) -> None:
    """The same greedy output under three penalties has one mean log-probability."""
    request = [Request(text=SENTENCES[0])]
    means = []
    for penalty in (0.0, 1.0, 2.0):
        hypothesis = engine.generate(request, dataclasses.replace(SHORT, length_penalty=penalty))[0][0]
        assert hypothesis.logprob_per_token < 0
        means.append(hypothesis.logprob_per_token)
    assert means == pytest.approx([means[0]] * 3, rel=1e-4)


def test_limit_is_kept_and_told(engine: Ct2DecoderEngine) -> None:
    for hypothesis in (h[0] for h in engine.generate([Request(text=t) for t in SENTENCES], SHORT)):
        assert hypothesis.n_tokens <= 12
        assert hypothesis.finished == (hypothesis.n_tokens < 12)


def test_forced_beginning_stands_in_the_output(engine: Ct2DecoderEngine) -> None:
    results = engine.generate(
        [Request(text=SENTENCES[0], prefix="The Arabian "), Request(text=SENTENCES[0])], SHORT
    )
    assert results[0][0].text.startswith("The Arabian")
    assert results[0][0].n_tokens <= 12


def test_suppressed_tokens_do_not_come(engine: Ct2DecoderEngine) -> None:
    """A letter that was written and is forbidden is gone."""
    options = DecodeOptions(beam_size=2, max_output_tokens=40)
    requests = [Request(text=text) for text in SENTENCES]
    written = "".join(h[0].text for h in engine.generate(requests, options))
    # Letters that no longer piece and no single byte can write.
    letter = next(char for char in written if char in "بتثجحخدذرزسشصضطظعغ")
    again = engine.generate([dataclasses.replace(r, suppress=(letter,)) for r in requests], options)
    assert all(letter not in h[0].text for h in again)


def test_n_best_is_sorted_and_complete(engine: Ct2DecoderEngine) -> None:
    options = dataclasses.replace(SHORT, beam_size=4, n_best=4)
    hypotheses = engine.generate([Request(text=SENTENCES[2])], options)[0]
    scores = [h.logprob_per_token for h in hypotheses]
    assert len(hypotheses) == 4
    assert scores == sorted(scores, reverse=True)


def test_sample_is_repeated_with_its_seed_and_changes_with_another(engine: Ct2DecoderEngine) -> None:
    options = dataclasses.replace(SHORT, sampling_temperature=1.0, n_best=3, seed=11)
    requests = [Request(text=text) for text in SENTENCES[:3]]
    first = engine.generate(requests, options)
    assert engine.generate(requests, options) == first
    assert engine.generate(requests, dataclasses.replace(options, seed=12)) != first
    assert len(first[0]) == 3


def test_no_repeat_ngram_and_repetition_penalty_reach_the_decoder(engine: Ct2DecoderEngine) -> None:
    request = [Request(text=SENTENCES[4])]
    long = DecodeOptions(beam_size=1, max_output_tokens=60)
    plain = engine.generate(request, long)[0][0].text
    assert engine.generate(request, dataclasses.replace(long, no_repeat_ngram=1))[0][0].text != plain
    assert engine.generate(request, dataclasses.replace(long, repetition_penalty=5.0))[0][0].text != plain


def test_prompt_beyond_the_window_does_not_depend_on_the_batch(engine: Ct2DecoderEngine) -> None:
    """The companion that such prompts need leaves no trace in the results."""
    brief = Request(text="\n".join(f"[{i}] the market in the city" for i in range(1, 12)), task="brief")
    assert engine.count_tokens(brief.text) > 96
    other = Request(text=SENTENCES[0])
    alone = engine.generate([brief], SHORT)
    together = engine.generate([other, brief, brief], SHORT)
    assert together[1:] == alone * 2


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=60))
def test_any_text_is_decoded(engine: Ct2DecoderEngine, text: str) -> None:
    """Empty, control characters, emoji, special tokens: one hypothesis with a finite score."""
    result = engine.generate([Request(text=text + "<eos>")], DecodeOptions(beam_size=1, max_output_tokens=3))
    assert len(result[0]) == 1
    assert result[0][0].logprob_per_token > -100


def test_special_tokens_of_an_article_are_only_text(engine: Ct2DecoderEngine) -> None:
    """`<eos>` in a text costs several tokens instead of ending the prompt."""
    assert engine.count_tokens("<eos>") > 2


def test_no_requests_no_results(engine: Ct2DecoderEngine) -> None:
    assert engine.generate([], SHORT) == []


def test_endless_text_is_refused_not_cut(engine: Ct2DecoderEngine) -> None:
    with pytest.raises(ModelError, match=r"too long.*split the text"):
        engine.generate([Request(text="خبر " * MAX_PROMPT_TOKENS)], SHORT)


def test_unknown_task_is_a_model_error(engine: Ct2DecoderEngine) -> None:
    with pytest.raises(ModelError, match="cannot do the task poem"):
        engine.generate([Request(text="x", task="poem")], SHORT)


def test_output_limit_follows_the_source_in_steps() -> None:
    request, options = Request(text="x"), DecodeOptions()
    limits = [output_limit(request, options, n) for n in range(1, 400)]
    assert limits == sorted(limits)
    assert all(limit % LIMIT_STEP == 0 for limit in limits)
    assert all(limit >= min(512, 2.2 * n + 16) for n, limit in enumerate(limits, start=1))
    assert output_limit(request, dataclasses.replace(options, max_output_tokens=7), 100) == 7


def test_signature_names_model_tokenizer_version_and_type(engine: Ct2DecoderEngine) -> None:
    keys = [key for key, _ in engine.signature.fields]
    assert keys == ["model", "weights", "tokenizer", "ctranslate2", "compute"]
    assert "unknown" not in str(engine.signature)


def test_compute_type_that_the_machine_lacks_is_a_usage_error(tiny_decoder_folder: Path) -> None:
    with pytest.raises(UsageError, match=r"int3 is not supported on this machine \(one of auto"):
        Ct2DecoderEngine(Manifest.read(tiny_decoder_folder), compute_type="int3")


def test_stored_type_that_the_machine_lacks_is_converted(tiny_decoder_folder: Path) -> None:
    """Half precision needs other processors; the model runs nevertheless."""
    manifest = dataclasses.replace(Manifest.read(tiny_decoder_folder), compute_type="int8_float99")
    signature = Ct2DecoderEngine(manifest, threads=1).signature
    assert dict(signature.fields)["compute"].startswith("int8")


@pytest.mark.parametrize("missing", ["model.bin", "tokenizer.json"])
def test_missing_file_is_named(missing: str, tiny_decoder_folder: Path, tmp_path: Path) -> None:
    for found in tiny_decoder_folder.iterdir():
        if found.name != missing:
            (tmp_path / found.name).write_bytes(found.read_bytes())
    with pytest.raises(ModelError, match=f"{missing} is missing"):
        Ct2DecoderEngine(Manifest.read(tmp_path))


@pytest.mark.parametrize("damaged", ["model.bin", "tokenizer.json", "config.json"])
def test_damaged_file_is_a_model_error(damaged: str, tiny_decoder_folder: Path, tmp_path: Path) -> None:
    for found in tiny_decoder_folder.iterdir():
        content = found.read_bytes()
        (tmp_path / found.name).write_bytes(
            content[: len(content) // 2] if found.name == damaged else content
        )
    with pytest.raises(ModelError) as caught:
        Ct2DecoderEngine(Manifest.read(tmp_path))
    assert "\n" not in str(caught.value)
