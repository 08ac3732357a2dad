"""`khabar evaluate` and `khabar baseline` from the outside: exit codes, files, GitHub."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from khabar.cli.main import main
from khabar.evaluating import REPORT_FILES
from khabar.measured import translate_documents

PAIRS = [
    (f"وصل {k + 10} وزيرا إلى بيروت اليوم", f"A group of {k + 10} ministers reached Beirut today")
    for k in range(20)
]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name, lines in (
        ("t.ar", [src for src, _ in PAIRS]),
        ("t.en", [ref for _, ref in PAIRS]),
        ("good.en", [ref for _, ref in PAIRS]),
        ("bad.en", ["Some ministers came"] * 20),
        ("short.en", ["One line"]),
    ):
        (tmp_path / name).write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return tmp_path


def run(files: Path, *args: str) -> int:
    return main(["evaluate", "-q", "--src", str(files / "t.ar"), "--ref", str(files / "t.en"), *args])


def test_a_file_is_scored(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(files, "--hyp", str(files / "good.en")) == 0
    out = capsys.readouterr().out
    assert "chrF2++              100.0" in out
    assert "number_fidelity      1.000" in out


def test_json_goes_to_standard_output_alone(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(files, "--hyp", str(files / "good.en"), "--json", "-o", str(files / "rep")) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert json.loads(out)["suites"][0]["suite"]["n_segments"] == 20
    assert sorted(p.name for p in (files / "rep").iterdir()) == sorted(REPORT_FILES)


def test_a_missed_floor_is_exit_6(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(files, "--hyp", str(files / "bad.en"), "--min", "chrF2++=50") == 6
    captured = capsys.readouterr()
    assert "MISSED (hard)" in captured.out
    assert captured.err == (
        "khabar: Gate command line missed: 1 checks, 1 hard missed, 0 others missed, 0 improved.\n"
    )
    assert run(files, "--hyp", str(files / "good.en"), "--min", "chrF2++=50", "--min", "empty=0") == 0


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["--hyp", "short.en"], 3, "1 outputs for the 20 segments"),
        (["--hyp", "none.en"], 3, "no such file"),
        (["--hyp", "good.en", "--min", "chrF2++"], 2, "not METRIC=VALUE"),
        (["--hyp", "good.en", "--min", "chrf=1"], 2, "no metric 'chrf'"),
        (["--hyp", "good.en", "--gate", "fast"], 3, "needs a baseline for suite"),
        (["--hyp", "good.en", "--gate", "none.toml"], 3, "no such file"),
        (["--hyp", "good.en", "--baseline", "good.en"], 3, "not JSON"),
        (["--hyp", "good.en", "--system", "a=cmd:cat"], 2, "either --hyp or --system"),
        (["--system", "a=cmd:/no/program"], 4, "cannot be started"),
        (["--system", "a=model:default;beam=x"], 2, "unknown option 'beam=x'"),
        (["news", "--hyp", "good.en"], 2, "either suites or --src"),
        (["--hyp", "good.en", "--min", "chrF2++=nan"], 2, "not METRIC=VALUE"),
        (["--hyp", "good.en", "--resample", "words"], 2, 'must be "segments" or "documents"'),
        (["--hyp", "good.en", "--seed", "-1"], 2, "seed must be a whole number"),
        (["--hyp", "good.en", "--limit", "5"], 3, "20 outputs for the 5 segments"),
        (["--hyp", "good.en", "--metric", "bleu"], 2, "no metric 'bleu'"),
        (["--hyp", "good.en", "--metric", "term_success"], 3, "t: nothing to measure term_success"),
        (["--hyp", "good.en", "--metric", "COMET"], 2, "COMET needs"),
        (["--hyp", "utf16.en"], 3, "is UTF-16 text (convert it to UTF-8, e.g. with iconv)"),
        (["--hyp", "good.en", "--glossary", "none.tsv"], 2, "--glossary: no system here is a model"),
        (["--hyp", "good.en", "-o", "t.en"], 3, "t.en: cannot be made"),
    ],
)
def test_bad_input_has_its_exit_code_and_one_line(
    args: list[str], code: int, message: str, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args = [str(files / a) if a.endswith((".en", ".toml")) else a for a in args]
    (files / "utf16.en").write_bytes("text\n".encode("utf-16"))
    assert run(files, *args) == code
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1


def test_a_baseline_is_made_shown_and_compared_with(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"src": src, "ref": ref} for src, ref in PAIRS]
    suite = files / "s.jsonl"
    suite.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    base = files / "base.json"
    options = ["baseline", "update", str(base), "--suite", str(suite), "--reason", "first"]
    assert main([*options, "--system", f"file:{files / 'good.en'}"]) == 0
    assert "s chrF2++ new: 100" in capsys.readouterr().out
    assert main(["baseline", "show", str(base)]) == 0
    assert ": first" in capsys.readouterr().out
    gate = files / "g.toml"
    gate.write_text('schema = 1\n[[rule]]\nmetric = "chrF2++"\nmax_loss = 1.0\n', encoding="utf-8")
    args = ["evaluate", "-q", str(suite), "--baseline", str(base), "--gate", str(gate)]
    assert main([*args, "--hyp", str(files / "bad.en")]) == 6
    assert main([*args, "--hyp", str(files / "good.en")]) == 0


def test_nothing_is_translated_before_what_can_be_refused_now(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A typing error must not cost the hours of a run; the command here would fail with code 4."""
    broken = ["--system", "a=cmd:/no/program"]
    assert run(files, *broken, "--metric", "bleu") == 2
    assert run(files, *broken, "-o", str(files / "t.en")) == 3
    update = ["baseline", "update", str(files / "b.json"), "--suite", "news", *broken, "--reason", " "]
    assert main(update) == 2
    assert "--reason: say why" in capsys.readouterr().err
    assert main(["evaluate", "news", *broken, "--limit", "0"]) == 2


def test_github_gets_a_summary_and_annotations(
    files: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = files / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert run(files, "--hyp", str(files / "bad.en"), "--min", "chrF2++=50") == 6
    assert summary.read_text(encoding="utf-8").startswith("## khabar evaluation")
    assert "::error title=t%3A chrF2++ must be at least 50::" in capsys.readouterr().err


class _Upper:
    """Stands in for the translator; remembers which lines came together."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, ...]] = []

    def translate_all(self, articles):  # type: ignore[no-untyped-def]
        from khabar_core.records import TranslatedArticle

        self.seen = [article.paragraphs for article in articles]
        return [
            TranslatedArticle(article=a, paragraphs=tuple(p.upper() for p in a.paragraphs), translations=())
            for a in articles
        ]


def test_documents_are_translated_together_and_lines_stay_in_place() -> None:
    translator = _Upper()
    lines, docs = ["a", "b", "c", "d\ne", "f"], ["x", "y", "x", "", ""]
    assert translate_documents(translator, lines, docs) == ["A", "B", "C", "D E", "F"]  # type: ignore[arg-type]
    assert translator.seen == [("a", "c"), ("b",), ("d e",), ("f",)]


def test_the_self_test_has_an_exit_code(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gate = files / "g.toml"
    rules = '[[rule]]\nmetric = "number_fidelity"\nmax_loss = {}\n'
    gate.write_text("schema = 1\n" + rules.format(0.02), encoding="utf-8")
    args = ["selftest", "-q", "--gate", str(gate), "--suite", "numbers", "--repeats", "2"]
    assert main([*args, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["stopped"] == {"numbers swapped": True}
    assert found["passed"] is True
    gate.write_text("schema = 1\n" + rules.format(0.99), encoding="utf-8")
    assert main(args) == 6
    captured = capsys.readouterr()
    assert "NOT STOPPED  numbers swapped" in captured.out
    assert captured.err == "khabar: the gate g does not do its work\n"


def test_term_modes_differ_in_the_glossary_alone(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The echo engine keeps the Arabic, so that no term succeeds; all three systems still run."""
    row = {"src": "وصل وفد واشنطن", "ref": "A delegation from Washington arrived"}
    row["terms"] = [{"source": "واشنطن", "target": "Washington"}]  # type: ignore[assignment]
    row["random"] = [["وفد", "delegation"]]  # type: ignore[assignment]
    suite = files / "t.jsonl"
    suite.write_text("".join(json.dumps({**row, "id": str(k)}) + "\n" for k in range(12)), encoding="utf-8")
    args = [
        "evaluate",
        "-q",
        str(suite),
        "--term-modes",
        "--model",
        "echo",
        "--json",
        "--metric",
        "term_success",
    ]
    assert main(args) == 0
    report = json.loads(capsys.readouterr().out)
    systems = report["suites"][0]["systems"]
    assert [s["name"] for s in systems] == ["none", "random", "proper"]
    signatures = [dict(part.split(":", 1) for part in s["signature"].split("|")) for s in systems]
    assert len({s["glossary"] for s in signatures}) == 3
    assert len({tuple((k, v) for k, v in s.items() if k != "glossary") for s in signatures}) == 1
    assert any("of 12 occurrences of its terms found" in note for note in report["notes"])
    suite.write_text(json.dumps({**row, "random": []}) + "\n", encoding="utf-8")
    assert main(args) == 0
    report = json.loads(capsys.readouterr().out)
    assert [s["name"] for s in report["suites"][0]["systems"]] == ["none", "proper"]
    assert main(["evaluate", "-q", "news", "--term-modes", "--model", "echo"]) == 3
    assert "has no terms" in capsys.readouterr().err


def test_random_words_reach_their_own_sentence_alone() -> None:
    from khabar.term_modes import LineGlossary
    from khabar_eval.manifest import load_suite
    from khabar_glossaries import Entry
    from khabar_mt.segmentation import split_sentences

    cases = load_suite("terms").cases
    lines = {
        case.src: [Entry(source=w.source, target=w.target, type="term") for w in case.random]
        for case in cases
    }
    glossary = LineGlossary(lines)
    for case in cases:
        found = [match for part in glossary.find_all(split_sentences(case.src)) for match in part]
        assert {match.entry.source for match in found} == {word.source for word in case.random}
    assert glossary.find("وصل وفد") == []
    assert glossary.digest != LineGlossary({case.src: () for case in cases}).digest


def test_khabar_briefs_with_citations_of_the_given_sentences() -> None:
    from khabar.loading import Tools
    from khabar.measured import KhabarSystem
    from khabar_core.engines.echo import EchoEngine
    from khabar_eval.manifest import load_suite
    from khabar_eval.metrics import find_metric
    from khabar_glossaries import Glossary

    class Translating(EchoEngine):
        tasks = ("translate",)

    suite = load_suite("briefs")
    system = KhabarSystem("k", Tools(model="echo"), Glossary.empty(), Translating())
    cases = suite.cases[:6]
    briefs = system.brief([case.src for case in cases])
    recall = find_metric("citation_recall")
    # Without a model that writes, a brief is an extract: all of it stands in the sentences that it cites.
    assert recall.value(recall.statistics(cases, briefs).sum(0)) > 0.9


@pytest.mark.model
def test_the_default_model_is_evaluated_with_size_and_licence(
    files: Path, capsys: pytest.CaptureFixture[str], model_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KHABAR_HOME", str(model_home))
    assert main(["evaluate", "-q", "numbers", "--limit", "6", "--json"]) == 0
    (suite,) = json.loads(capsys.readouterr().out)["suites"]
    (system,) = suite["systems"]
    assert system["usage"]["size_mb"] > 50
    assert "Gemma" in system["usage"]["licence"]
    assert system["words_per_second"] > 0
    assert next(score["value"] for score in system["scores"] if score["metric"] == "chrF2++") > 40
