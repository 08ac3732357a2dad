"""The program: exit codes, one clear line for each error, pipes, interrupts, terminals."""

from __future__ import annotations

import io
import json
import os
import pty
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from khabar.cli.main import main
from khabar.cli.output import Progress

ECHO = ("--model", "echo", "--no-builtin-glossary")
KHABAR = (sys.executable, "-c", "import sys; from khabar.cli.main import main; sys.exit(main())")


def khabar(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the program in its own process."""
    return subprocess.run([*KHABAR, *arguments], input=stdin, capture_output=True, check=False, timeout=60)


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("khabar 0.")
    assert main(["--help"]) == 0
    assert "translate" in capsys.readouterr().out
    assert main([]) in (0, 2)  # the help; its exit code changed between versions of typer


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("translate", "/nowhere.txt"), 3, "khabar: /nowhere.txt: no such file\n"),
        (("translate", "-", "--format", "pdf"), 2, "khabar: --format: unknown format 'pdf'"),
        (("translate", "-", "--json", "--format", "md"), 2, "khabar: --json: --json means --format jsonl"),
        (("translate", "a", "b", "--lines"), 2, "khabar: --lines: takes one file"),
        (("translate", "a", "--lines", "--json"), 2, "khabar: --lines: only --output"),
        (
            ("translate", "/"),
            2,
            "khabar: --output: folders need an output folder (khabar translate DIR -o OUT)\n",
        ),
        (("translate", "/", "-", "-o", "x"), 2, "khabar: -: standard input does not go with folders\n"),
        (("translate", "/", "--report", "x.pdf"), 2, "khabar: --term-report: no report format"),
        (("translate", "a", "--resume"), 2, "khabar: --output: folders need an output folder"),
        (("translate", "/nowhere", "--resume", "-o", "x"), 3, "khabar: /nowhere: no such file or folder\n"),
        (("translate", "a", "--encoding", "x"), 3, "khabar: a: no such file"),
        (("translate", "a\x1b[31m\nb"), 3, "khabar: a\\x1b[31m b: no such file\n"),
        (("translate", "--bad"), 2, "No such option"),
        (("nothing",), 2, "No such command"),
    ],
)
def test_errors_are_one_line_with_their_exit_code(
    capsys: pytest.CaptureFixture[str], arguments: Sequence[str], code: int, message: str
) -> None:
    assert main(arguments) == code
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""
    assert "Traceback" not in captured.err


def test_a_glossary_that_is_missing_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("أ\n", encoding="utf-8")
    assert main(["translate", str(tmp_path / "a.txt"), "--model", "echo", "--glossary", "/no.tsv"]) in (3, 5)
    assert "/no.tsv" in capsys.readouterr().err


def test_an_unknown_model_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("أ\n", encoding="utf-8")
    assert (
        main(["translate", str(tmp_path / "a.txt"), "--model", "no-such-model", "--no-builtin-glossary"]) == 4
    )
    assert "no-such-model" in capsys.readouterr().err


def test_lines_keep_blank_ones_and_hostile_white_space() -> None:
    """The machine's contract: as many lines as came in, white space around them untouched."""
    source = "\n  قال\t\r\n\n\u2028\nخبر\x0c\n \n".encode()
    done = khabar("translate", "--lines", "-", *ECHO, stdin=source)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == source


def test_lines_of_an_empty_input_are_none() -> None:
    done = khabar("translate", "--lines", "-", *ECHO)
    assert (done.returncode, done.stdout) == (0, b"")


def test_output_is_utf8_in_any_locale() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    done = subprocess.run(
        [*KHABAR, "translate", "-", *ECHO],
        input="قال\n".encode(),
        capture_output=True,
        env=environment,
        check=False,
    )
    assert (done.returncode, done.stdout.decode()) == (0, "قال\n")


def test_a_reader_may_close_the_pipe() -> None:
    """`khabar … | head -1` is no error and prints none."""
    process = subprocess.Popen(
        [*KHABAR, "translate", "--lines", "-", *ECHO],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("قال\n".encode())
    process.stdin.flush()
    assert process.stdout.readline() == "قال\n".encode()
    process.stdout.close()
    try:
        process.stdin.write("قال\n".encode() * 10)
        process.stdin.close()
    except BrokenPipeError:
        pass
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=30) == 0


def test_interrupt_leaves_no_partial_file(tmp_path: Path) -> None:
    (tmp_path / "out.txt").write_bytes(b"old")
    process = subprocess.Popen(
        [*KHABAR, "translate", "--lines", "-", "-o", str(tmp_path / "out.txt"), *ECHO],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # A test run started in the background ignores the signal, and a child would inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdin.write("قال\n".encode())
    process.stdin.flush()
    for _ in range(600):  # until the temporary file is there, it is not translating yet
        if len(os.listdir(tmp_path)) == 2:
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 130
    assert b"Traceback" not in process.stderr.read()
    process.stdin.close()
    process.stderr.close()
    assert os.listdir(tmp_path) == ["out.txt"]
    assert (tmp_path / "out.txt").read_bytes() == b"old"


def test_report_and_json_are_written(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    (tmp_path / "a.txt").write_text("وصل إلى إدلب أمس.\n", encoding="utf-8")
    (tmp_path / "g.tsv").write_text("source\ttarget\ttype\nإدلب\tIdlib\tplace\n", encoding="utf-8")
    arguments = ["translate", str(tmp_path / "a.txt"), *ECHO, "--glossary", str(tmp_path / "g.tsv"), "--json"]
    assert main([*arguments, "--report", str(tmp_path / "terms.tsv")]) == 0
    captured = capsysbinary.readouterr()
    record = json.loads(captured.out)
    assert (record["src"], record["schema"]) == ("وصل إلى إدلب أمس.", 1)
    assert [term["source"] for term in record["terms"]] == ["إدلب"]
    assert b"1 glossary terms: " in captured.err
    assert "إدلب" in (tmp_path / "terms.tsv").read_text(encoding="utf-8")


def test_a_folder_is_translated_and_a_second_run_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One bad file is named and does not stop the rest; what is done is not done again."""
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "a.ar.txt").write_text("English only\n", encoding="utf-8")
    (tmp_path / "in" / "deep" / "b.csv").write_text("id,text\n1,x\n", encoding="utf-8")
    (tmp_path / "in" / "bad.txt").write_bytes(b"\xff")
    arguments = ["translate", str(tmp_path / "in"), "-o", str(tmp_path / "out"), *ECHO]
    assert main(arguments) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("2 translated, 0 done before, 1 failed; 2 sentences")
    assert captured.err.endswith("errors.jsonl\n")
    assert (tmp_path / "out" / "a.en.txt").read_text(encoding="utf-8") == "English only\n"
    assert (tmp_path / "out" / "deep" / "b.en.csv").read_bytes() == b"id,text\n1,x\n"
    error = json.loads((tmp_path / "out" / "errors.jsonl").read_text(encoding="utf-8"))
    assert error["source"].endswith("bad.txt")
    (tmp_path / "in" / "bad.txt").write_bytes(b"good")
    assert main([*arguments]) == 0
    assert capsys.readouterr().err.startswith("1 translated, 2 done before, 0 failed")


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_a_terminal_gets_text_without_control_characters(tmp_path: Path) -> None:
    """An article cannot recolour the terminal or clear its screen."""
    (tmp_path / "a.csv").write_bytes(b"id,text\n1,English \x1b[31mred\x1b[0m\n")
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [*KHABAR, "translate", str(tmp_path / "a.csv"), *ECHO], stdout=terminal, stderr=subprocess.DEVNULL
    )
    os.close(terminal)
    shown = b""
    while True:
        try:
            piece = os.read(controller, 4096)
        except OSError:  # Linux says so when the other side is closed
            break
        if not piece:
            break
        shown += piece
    os.close(controller)
    assert process.wait(timeout=30) == 0
    assert shown == b"English \\x1b[31mred\\x1b[0m\r\n"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_shown_on_terminals_only() -> None:
    """Ten times a second at most, the last step always, and nothing stays behind."""
    times = iter([0.0, 0.05, 0.07, 2.0, 2.01])
    terminal = _Terminal()
    with Progress("translated", 3, clock=lambda: next(times), out=terminal) as progress:
        for done in (1, 2, 3):
            progress.update(done)
    shown = terminal.getvalue().split("\r")
    assert shown[1:3] == ["translated: 1/3 (0 s)", "translated: 3/3 (2 s)"]
    assert shown[-1] == ""
    quiet = io.StringIO()
    Progress("translated", 3, out=quiet).update(1)
    assert quiet.getvalue() == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device")
@pytest.mark.parametrize(
    "arguments",
    [("translate", *ECHO, "-"), ("translate", *ECHO, "--lines", "-"), ("models", "list"), ("--version",)],
)
def test_a_full_disk_behind_standard_output_is_one_line(arguments: tuple[str, ...]) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*KHABAR, *arguments], input=b"a\n", stdout=full, stderr=subprocess.PIPE, check=False, timeout=60
        )
    assert done.returncode == 3
    assert done.stderr == b"khabar: <stdout>: cannot be written: no space left on device\n"


@pytest.mark.parametrize("option", ["--output", "--report"])
def test_a_result_without_a_place_is_refused_before_the_work(tmp_path: Path, option: str) -> None:
    """Not after an hour of translation; here the model's name is wrong, too, and nobody has looked for it."""
    (tmp_path / "a.txt").write_text("a\n", encoding="utf-8")
    place = str(tmp_path / "no" / "x")
    done = khabar("translate", "--model", "nope", option, place, str(tmp_path / "a.txt"))
    assert done.returncode == 3
    assert done.stderr.decode().startswith(f"khabar: {place}: cannot be written: no folder ")


@pytest.mark.parametrize(
    ("closed", "code", "message"),
    [("<&-", 3, "khabar: <stdin>: is empty\n"), (">&-", 0, ""), ("2>&-", 0, "")],
)
def test_a_closed_stream_is_no_traceback(tmp_path: Path, closed: str, code: int, message: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text("a\n", encoding="utf-8")
    source = "-" if closed == "<&-" else str(path)
    command = shlex.join([*KHABAR, "translate", *ECHO, source])
    done = subprocess.run(["sh", "-c", f"{command} {closed}"], capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stderr.decode()) == (code, message)
