"""BLEU, chrF and TER are sacrebleu's to the last digit; p-values too; rates are counted by hand."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.significance import PairedTest

from khabar_core.errors import UsageError
from khabar_eval.cases import Case, Entity, Suite
from khabar_eval.hypotheses import Hypotheses
from khabar_eval.metrics import METRICS, find_metric
from khabar_eval.resampling import Sampling, bootstrap_intervals, compare, n_resampled

ORACLES = {"BLEU": ("bleu", []), "chrF2++": ("chrf", ["--chrf-word-order", "2"]), "TER": ("ter", [])}
SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "dev"


def command_scores(tmp_path: Path, refs: list[list[str]], outputs: list[str], *options: str) -> list[dict]:  # type: ignore[type-arg]
    """Scores of the sacrebleu command, with 15 decimals."""
    paths = []
    for k, lines in enumerate([*refs, outputs]):
        paths.append(tmp_path / f"{k}.txt")
        paths[-1].write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    argv = [
        sys.executable,
        "-m",
        "sacrebleu",
        *map(str, paths[:-1]),
        "-i",
        str(paths[-1]),
        "-w",
        "15",
        *options,
    ]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, encoding="utf-8")
    found = json.loads(done.stdout)
    return found if isinstance(found, list) else [found]


@pytest.mark.parametrize("n_refs", [1, 2])
@pytest.mark.parametrize("name", ORACLES)
def test_scores_equal_the_sacrebleu_command(
    name: str, n_refs: int, suite: Suite, spoiled: Callable[..., Hypotheses], tmp_path: Path
) -> None:
    refs = [[case.refs[0] for case in suite.cases], [f"Some {case.refs[0]}" for case in suite.cases]][:n_refs]
    cases = [
        Case(id=case.id, src=case.src, refs=tuple(texts))
        for case, *texts in zip(suite.cases, *refs, strict=True)
    ]
    outputs = list(spoiled(0.2).outputs)
    option, extra = ORACLES[name]
    (oracle,) = command_scores(tmp_path, refs, outputs, "-m", option, *extra)
    metric = find_metric(name)
    value = metric.value(metric.statistics(cases, outputs).sum(0))
    assert value == oracle["score"]
    assert metric.signature == oracle["signature"]


def test_intervals_have_the_width_of_sacrebleus(
    suite: Suite, spoiled: Callable[..., Hypotheses], tmp_path: Path
) -> None:
    outputs = list(spoiled(0.2).outputs)
    (oracle,) = command_scores(
        tmp_path, [[c.refs[0] for c in suite.cases]], outputs, "-m", "bleu", "--confidence"
    )
    metric = find_metric("BLEU")
    ((low, high),) = bootstrap_intervals([metric], [metric.statistics(suite.cases, outputs)], Sampling())  # type: ignore[misc]
    # sacrebleu resamples in 32-bit floats.
    assert (high - low) / 2 == pytest.approx(oracle["confidence_var"], abs=1e-5)


@pytest.mark.parametrize("kind", ["bs", "ar"])
def test_p_values_equal_sacrebleus_with_the_same_seed(
    kind: str, suite: Suite, spoiled: Callable[..., Hypotheses], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SACREBLEU_SEED", "4242")
    a, b = list(spoiled(0.15, seed=1).outputs), list(spoiled(0.17, seed=2).outputs)
    refs = [[case.refs[0] for case in suite.cases]]
    theirs = {"BLEU": sacrebleu.BLEU(references=refs), "CHRF": sacrebleu.CHRF(word_order=2, references=refs)}
    _, oracle = PairedTest([("a", a), ("b", b)], theirs, None, test_type=kind, n_samples=500)()
    metrics = [find_metric("BLEU"), find_metric("chrF2++")]
    statistics = [[m.statistics(suite.cases, outputs) for m in metrics] for outputs in (b, a)]
    ours = compare(metrics, *statistics, Sampling(bootstrap=500, trials=500, seed=4242))
    for comparison in ours:
        p_value = comparison.p_bootstrap if kind == "bs" else comparison.p_randomisation
        assert 0.01 < p_value < 1
        assert p_value == oracle[comparison.metric][1].p_value


def test_blocks_do_not_change_a_result(suite: Suite, spoiled: Callable[..., Hypotheses], monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """Large suites are resampled in blocks; the numbers must be those of one block."""
    metric = find_metric("chrF2++")
    pair = [[metric.statistics(suite.cases, spoiled(rate).outputs)] for rate in (0.1, 0.12)]
    sampling = Sampling(bootstrap=200, trials=200)
    whole = compare([metric], *pair, sampling)
    monkeypatch.setattr("khabar_eval.resampling._BLOCK_CELLS", 40 * 32)
    assert compare([metric], *pair, sampling) == whole


def test_equal_outputs_are_never_significant(suite: Suite, spoiled: Callable[..., Hypotheses]) -> None:
    """sacrebleu's formula gives them the smallest p-value there is."""
    metric = find_metric("BLEU")
    rows = metric.statistics(suite.cases, spoiled(0.2).outputs)
    (comparison,) = compare([metric], [rows], [rows.copy()], Sampling(bootstrap=40, trials=40))
    assert (comparison.p_bootstrap, comparison.p_randomisation, comparison.difference) == (1.0, 1.0, 0.0)


def test_two_faults_against_none_are_chance(suite: Suite) -> None:
    metric = find_metric("empty")
    good = [case.refs[0] for case in suite.cases]
    bad = ["", "", *good[2:]]
    rows = [[metric.statistics(suite.cases, outputs)] for outputs in (bad, good)]
    (comparison,) = compare([metric], *rows, Sampling(bootstrap=500, trials=500))
    assert comparison.value == 0.05
    assert comparison.gain == -0.05
    # Of four equally likely swaps of two differing segments two give the difference again.
    assert comparison.p_randomisation == pytest.approx(0.5, abs=0.08)


def test_rates_are_counted_by_hand() -> None:
    cases = [
        Case(
            id="1",
            src="قتل 5 في حلب وإدلب",
            refs=("Five died in Aleppo and Idlib",),
            entities=(Entity("حلب", "Aleppo", "place"), Entity("إدلب", "Idlib", "place")),
        ),
        Case(id="2", src="نحو 30", refs=("About 30",), tags=("nonumcheck",)),
        Case(id="3", src="وصل الأسد", refs=("Assad came",), entities=(Entity("الأسد", "Assad", "person"),)),
    ]
    outputs = ["5 died in Aleppo and Adlib", "About 13", ""]
    expected = {
        "number_fidelity": (1.0, 1),
        "invented_numbers": (1 / 3, 3),
        "name_recall": (1 / 3, 3),
        "name_recall:place": (1 / 2, 2),
        "name_recall:person": (0.0, 1),
        "empty": (1 / 3, 3),
        "untranslated": (0.0, 3),
        "bad_length": (0.0, 3),
    }
    for name, (value, n) in expected.items():
        metric = find_metric(name)
        rows = metric.statistics(cases, outputs)
        assert metric.value(rows.sum(0)) == pytest.approx(value), name
        assert metric.count(np.append(rows.sum(0), len(rows))) == n, name


def test_a_name_that_changes_its_spelling_is_inconsistent() -> None:
    entity = Entity("حلب", "Aleppo", "place", ("Halab",))
    cases = [Case(id=str(k), src="حلب", refs=("Aleppo",), entities=(entity,)) for k in range(4)]
    metric = find_metric("name_consistency")
    rows = metric.statistics(cases, ["Aleppo", "in Halab", "ALEPPO", "nowhere"])
    assert rows.tolist() == [[1, 1], [0, 1], [1, 1], [0, 0]]
    assert metric.statistics(cases[:1], ["Aleppo"]).tolist() == [[0, 0]]


def test_nothing_to_measure_is_not_a_number_and_not_zero() -> None:
    metric = find_metric("name_recall")
    rows = metric.statistics([Case(id="1", src="خبر", refs=("News",))], ["News"])
    assert math.isnan(metric.value(rows.sum(0)))


def test_an_unknown_metric_is_refused() -> None:
    with pytest.raises(UsageError, match=r"no metric 'bleu' \(one of BLEU"):
        find_metric("bleu")


def test_documents_are_resampled_whole(suite: Suite, spoiled: Callable[..., Hypotheses]) -> None:
    """The same as segments whose rows are the sums of the documents; five alike segments count as one."""
    metric = find_metric("BLEU")
    ours, theirs = (metric.statistics(suite.cases, spoiled(rate).outputs) for rate in (0.1, 0.12))
    sampling = Sampling(bootstrap=200, trials=200, resample="documents")
    (found,) = compare([metric], [ours], [theirs], sampling, suite.documents)
    joined = [rows.reshape(8, 5, -1).sum(1) for rows in (ours, theirs)]
    (oracle,) = compare([metric], [joined[0]], [joined[1]], Sampling(bootstrap=200, trials=200))
    assert (found.p_bootstrap, found.p_randomisation) == (oracle.p_bootstrap, oracle.p_randomisation)
    assert (found.interval, found.value, found.n) == (oracle.interval, oracle.value, 40)
    alike = np.repeat(joined[0], 5, axis=0)
    spans = [
        bootstrap_intervals([metric], [alike], Sampling(resample=unit), suite.documents)[0]
        for unit in ("segments", "documents")
    ]
    (low, high), (doc_low, doc_high) = spans  # type: ignore[misc]
    # Copies carry no information: with five of each the interval by segments is 1 / sqrt(5) as wide.
    assert (high - low) / (doc_high - doc_low) == pytest.approx(5**-0.5, rel=0.15)


def test_segments_without_a_document_are_their_own() -> None:
    sampling = Sampling(resample="documents")
    assert n_resampled(sampling, ["", "a", "", "a", "b"]) == 4
    assert n_resampled(Sampling(), ["", "a", "", "a", "b"]) == 5
    metric = find_metric("empty")
    rows = np.array([[0.0, 1.0], [1.0, 1.0], [0.0, 1.0]])
    assert bootstrap_intervals([metric], [rows], sampling, [""] * 3) == bootstrap_intervals(
        [metric], [rows], Sampling()
    )
    assert bootstrap_intervals([metric], [rows], sampling, ["a"] * 3) == [None]
    with pytest.raises(ValueError, match="0 documents for 3 segments"):
        bootstrap_intervals([metric], [rows], sampling)
    with pytest.raises(UsageError, match=r'must be "segments" or "documents", got .words.'):
        Sampling(resample="words")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=30), st.integers(0, 99))
def test_swapping_the_systems_only_turns_the_sign(pairs: list[tuple[int, int]], seed: int) -> None:
    metric = find_metric("number_fidelity")
    a, b = (np.array([[min(p[k], 3), 3] for p in pairs], dtype=float) for k in (0, 1))
    sampling = Sampling(bootstrap=40, trials=64, seed=seed)
    (there,), (back,) = compare([metric], [a], [b], sampling), compare([metric], [b], [a], sampling)
    assert there.difference == pytest.approx(-back.difference)
    assert there.p_randomisation == back.p_randomisation
    assert 0 < there.p_bootstrap <= 1


@pytest.mark.parametrize("name", [name for name in METRICS if name not in ("COMET", "BERTScore")])
def test_every_metric_says_how_it_is_computed(
    name: str, suite: Suite, spoiled: Callable[..., Hypotheses]
) -> None:
    metric = find_metric(name)
    metric.statistics(suite.cases, spoiled(0.1).outputs)
    assert "version:" in metric.signature


@pytest.mark.skipif(not SHARED.is_dir(), reason="development data not on this machine")
def test_scores_equal_sacrebleus_on_real_system_output(tmp_path: Path) -> None:
    from khabar_eval.manifest import suite_from_pairs
    from khabar_eval.readers import read_lines

    suite = suite_from_pairs(str(SHARED / "flores200_dev.ar"), [str(SHARED / "flores200_dev.en")])
    outputs = read_lines(SHARED / "systems" / "flores200_dev.opusmt.en")
    (oracle,) = command_scores(tmp_path, [[case.refs[0] for case in suite.cases]], outputs, "-m", "bleu")
    metric = find_metric("BLEU")
    assert metric.value(metric.statistics(suite.cases, outputs).sum(0)) == oracle["score"]
