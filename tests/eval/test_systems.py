"""Commands, services and files are run as systems, and their failures are told in one line."""

from __future__ import annotations

import json
import shlex
import sys
import threading
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from khabar_core.errors import InputError, ModelError, UsageError
from khabar_core.records import Signature
from khabar_eval.cases import Suite
from khabar_eval.systems import CallableSystem, CommandSystem, FileSystem, HttpSystem, collect, parse_system


def python(code: str) -> str:
    return f"{shlex.quote(sys.executable)} -c {shlex.quote(code)}"


UPPER = "import sys; sys.stdin.reconfigure(encoding='utf-8', newline='\\n'); " + (
    "sys.stdout.reconfigure(encoding='utf-8', newline='\\n'); "
    "[print(line.rstrip('\\n').upper()) for line in sys.stdin]"
)


def test_a_command_gets_and_gives_lines() -> None:
    system = CommandSystem("upper", python(UPPER))
    assert system.translate(["a", "b\u2028c", "", "two\nlines"], [""] * 4) == [
        "A",
        "B\u2028C",
        "",
        "TWO LINES",
    ]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("/no/such/program", "cannot be started"),
        (python("import sys; sys.exit('no model')"), "ended with status 1: no model"),
        (python("import sys; sys.stdout.buffer.write(b'\\xff\\n')"), "not UTF-8"),
    ],
)
def test_a_failing_command_is_a_model_error(command: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        CommandSystem("x", command).translate(["a"], [""])


def test_a_slow_command_is_stopped() -> None:
    with pytest.raises(ModelError, match="more than 1 s"):
        CommandSystem("x", python("import time; time.sleep(30)"), timeout_s=1.0).translate(["a"], [""])


def test_a_command_that_loses_lines_is_refused(suite: Suite) -> None:
    with pytest.raises(InputError, match="1 outputs for the 40 segments"):
        collect(CommandSystem("x", python("print('one')")), suite)


class _Service(BaseHTTPRequestHandler):
    """LibreTranslate's format; upper-cases, or fails as the path says."""

    requests: list[dict] = []  # type: ignore[type-arg]  # noqa: RUF012

    def do_POST(self) -> None:
        payload = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.requests.append(payload)
        status, answer = 200, json.dumps({"translatedText": [q.upper() for q in payload["q"]]})
        if self.path.startswith("/limit"):
            status, answer = 429, json.dumps({"error": "Slowdown"})
        elif self.path.startswith("/short"):
            answer = json.dumps({"translatedText": ["one"]})
        elif self.path.startswith("/text"):
            answer = "<html>"
        self.send_response(status)
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def service() -> Iterator[str]:
    _Service.requests.clear()
    server = HTTPServer(("127.0.0.1", 0), _Service)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_service_translates_in_batches(service: str) -> None:
    lines = [f"line {k}" for k in range(70)]
    assert HttpSystem("s", service).translate(lines, [""] * 70) == [line.upper() for line in lines]
    assert [len(r["q"]) for r in _Service.requests] == [32, 32, 6]
    assert {key: _Service.requests[0][key] for key in ("source", "target", "format")} == {
        "source": "ar",
        "target": "en",
        "format": "text",
    }


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/limit", "answered 429.*Slowdown"),
        ("/short", "lacks .translatedText. for 2"),
        ("/text", "cannot be used"),
    ],
)
def test_a_failing_service_is_a_model_error(service: str, path: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        HttpSystem("s", service + path).translate(["a", "b"], ["", ""])


def test_a_key_is_sent_but_not_signed(service: str) -> None:
    system = HttpSystem("s", service, api_key="secret")
    system.translate(["a"], [""])
    assert _Service.requests[0]["api_key"] == "secret"
    assert "secret" not in str(system.signature)


def test_a_service_that_is_down_is_a_model_error() -> None:
    with pytest.raises(ModelError, match="is it running"):
        HttpSystem("s", "http://127.0.0.1:9").translate(["a"], [""])


@pytest.mark.parametrize(
    ("spec", "kind", "name"),
    [
        ("a=cmd:cat -u", CommandSystem, "a"),
        ("cmd:cat", CommandSystem, "cmd:cat"),
        ("lt=http://127.0.0.1:5000", HttpSystem, "lt"),
        ("old=file:out/x.en", FileSystem, "old"),
        ("file:a=b.en", FileSystem, "file:a=b.en"),
    ],
)
def test_specs_are_read(spec: str, kind: type, name: str) -> None:
    system = parse_system(spec)
    assert isinstance(system, kind)
    assert system.name == name


@pytest.mark.parametrize(
    "spec", ["a=", "nothing", "a=ftp://x", "a=model:default", "a=cmd:", "a=http://", "a=cmd:'"]
)
def test_bad_specs_are_refused(spec: str) -> None:
    with pytest.raises(UsageError):
        parse_system(spec)


def test_outputs_are_cached_by_suite_and_signature(suite: Suite, tmp_path: Path) -> None:
    calls = []

    def translate(lines: Sequence[str], docs: Sequence[str]) -> list[str]:
        calls.append(len(lines))
        return ["out\nput"] * len(lines)

    ticks = iter([10.0, 12.5])
    system = CallableSystem("s", translate, Signature((("model", "a"),)))
    first = collect(system, suite, tmp_path / "cache", clock=lambda: next(ticks))
    assert first.usage.seconds == 2.5
    assert first.outputs[0] == "out put"
    again = collect(system, suite, tmp_path / "cache")
    assert (again.outputs, again.usage, again.cached) == (first.outputs, first.usage, True)
    collect(CallableSystem("s", translate, Signature((("model", "b"),))), suite, tmp_path / "cache")
    assert calls == [40, 40]


def test_a_stale_cache_is_refused(suite: Suite, tmp_path: Path) -> None:
    system = CallableSystem("s", lambda lines, docs: ["x"] * len(lines), Signature((("model", "a"),)))
    collect(system, suite, tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_text(path.read_text(encoding="utf-8").replace("model:a", "model:z"), encoding="utf-8")
    with pytest.raises(InputError, match="stale cache: made by another system"):
        collect(system, suite, tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace(suite.digest, "0" * 12), encoding="utf-8")
    with pytest.raises(InputError, match="not for 'small' with digest"):
        collect(system, suite, tmp_path)


def test_a_file_answers_only_for_its_suite() -> None:
    with pytest.raises(InputError, match="cannot translate other lines"):
        FileSystem("f", "x.en").translate(["a"], [""])
