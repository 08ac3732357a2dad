"""Run what is to be evaluated: a callable, a command, or an HTTP service.

In: source lines and the document of each. Out: one English line for each, and what that took. The khabar
translator
itself is passed in by the app as a callable. Not here: files of hypotheses (hypotheses), scores.
"""

from __future__ import annotations

import json
import logging
import shlex
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from khabar_core.errors import InputError, ModelError, UsageError
from khabar_core.records import Signature
from khabar_eval.cases import Suite, check_outputs
from khabar_eval.hypotheses import Hypotheses, Usage, load_hypotheses, save_hypotheses

__all__ = ["CallableSystem", "CommandSystem", "FileSystem", "HttpSystem", "System", "collect", "parse_system"]

log = logging.getLogger(__name__)

_BATCH_LINES = 32  # of one HTTP request; LibreTranslate's default limit is 50
_TIMEOUT_S = 3600.0
_HTTP_TIMEOUT_S = 120.0
_MAX_RESPONSE_BYTES = 64 << 20


class System(Protocol):
    """Anything that translates lines.

    For suites of briefs, `brief(articles) -> list[str]` is called if there is such a method, else
    `translate`: a line is then an article, `[1] First. [2] Second.`, and the output a brief with citations,
    `Text. [1,2]`.
    """

    @property
    def name(self) -> str:
        """For reports."""

    @property
    def signature(self) -> Signature:
        """How its outputs are made; cached outputs are used again only for an equal signature."""

    def translate(self, lines: Sequence[str], docs: Sequence[str]) -> list[str]:
        """One English line for each source line; `docs` names the document of each."""


class CallableSystem:
    """A Python function as a system."""

    def __init__(
        self,
        name: str,
        function: Callable[[Sequence[str], Sequence[str]], list[str]],
        signature: Signature,
        usage: Usage = Usage(),
    ) -> None:
        self.name = name
        self.signature = signature
        self.usage = usage
        self._function = function

    def translate(self, lines: Sequence[str], docs: Sequence[str]) -> list[str]:
        """Call the function."""
        return list(self._function(lines, docs))


class CommandSystem:
    """A command that reads one source line a line on stdin and writes one translation a line on stdout.

    Args:
        name: for reports.
        command: split as a POSIX shell would, run without a shell.
        timeout_s: for the whole suite.
    """

    def __init__(self, name: str, command: str, timeout_s: float = _TIMEOUT_S) -> None:
        self.name = name
        self.signature = Signature((("command", command),))
        self._timeout_s = timeout_s
        try:
            self._argv = shlex.split(command)
        except ValueError as exc:
            raise UsageError(f"command cannot be split: {exc}", where=command) from exc
        if not self._argv:
            raise UsageError("the command is empty", where=name)

    def translate(self, lines: Sequence[str], docs: Sequence[str]) -> list[str]:
        """Run the command once for all lines.

        Raises:
            ModelError: it cannot be started, fails, takes too long, or writes bytes that are not UTF-8.
        """
        text = "".join(_one_line(line) + "\n" for line in lines)
        try:
            done = subprocess.run(
                self._argv, input=text.encode(), capture_output=True, timeout=self._timeout_s, check=False
            )
            output = done.stdout.decode("utf-8")
        except OSError as exc:
            raise ModelError(f"command cannot be started: {exc.strerror}", where=self._argv[0]) from exc
        except subprocess.TimeoutExpired as exc:
            raise ModelError(f"command took more than {self._timeout_s:.0f} s", where=self._argv[0]) from exc
        except UnicodeDecodeError as exc:
            raise ModelError("command wrote bytes that are not UTF-8", where=self._argv[0]) from exc
        if done.returncode:
            words = done.stderr.decode("utf-8", "replace").strip().split("\n")[-1][:200]
            raise ModelError(f"command ended with status {done.returncode}: {words}", where=self._argv[0])
        return [line.removesuffix("\r") for line in output.removesuffix("\n").split("\n")] if output else []


class HttpSystem:
    """A service in LibreTranslate's format: POST {"q": [...], "source", "target"} to URL/translate.

    Args:
        name: for reports.
        url: base address, or the address of the endpoint itself.
        api_key: sent as "api_key" if the service wants one; never part of the signature.
    """

    def __init__(self, name: str, url: str, api_key: str | None = None) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UsageError("an http or https address expected", where=url)
        self.name = name
        self.url = url if parts.path.endswith("/translate") else url.rstrip("/") + "/translate"
        self.signature = Signature((("http", self.url),))
        self._api_key = api_key
        # A proxy that the environment names cannot reach this machine's own loopback interface.
        local = parts.hostname in ("127.0.0.1", "localhost", "::1")
        handlers = [urllib.request.ProxyHandler({})] if local else []
        self._opener = urllib.request.build_opener(*handlers)

    def translate(self, lines: Sequence[str], docs: Sequence[str]) -> list[str]:
        """Send the lines in batches.

        Raises:
            ModelError: the service cannot be reached, refuses, or answers something else.
        """
        outputs: list[str] = []
        for start in range(0, len(lines), _BATCH_LINES):
            batch = [_one_line(line) for line in lines[start : start + _BATCH_LINES]]
            answer = self._post({"q": batch, "source": "ar", "target": "en", "format": "text"})
            texts = answer.get("translatedText")
            texts = [texts] if isinstance(texts, str) else texts
            if (
                not isinstance(texts, list)
                or len(texts) != len(batch)
                or not all(isinstance(t, str) for t in texts)
            ):
                raise ModelError(f'answer lacks "translatedText" for {len(batch)} lines', where=self.url)
            outputs += texts
        return outputs

    def _post(self, payload: dict[str, object]) -> dict[str, object]:
        if self._api_key:
            payload = {**payload, "api_key": self._api_key}
        request = urllib.request.Request(
            self.url,
            data=json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace"),
            headers={"Content-Type": "application/json", "Accept": "application/json"},
        )
        try:
            with self._opener.open(request, timeout=_HTTP_TIMEOUT_S) as response:
                answer = json.loads(response.read(_MAX_RESPONSE_BYTES))
        except urllib.error.HTTPError as exc:
            words = exc.read(300).decode("utf-8", "replace").strip().replace("\n", " ")
            raise ModelError(f"service answered {exc.code}: {words}", where=self.url) from exc
        except (OSError, ValueError) as exc:
            raise ModelError(f"service cannot be used: {exc}", where=self.url, hint="is it running?") from exc
        if not isinstance(answer, dict):
            raise ModelError("service did not answer with a JSON object", where=self.url)
        return answer


class FileSystem:
    """A file of hypotheses as a system; `collect` reads it instead of translating."""

    def __init__(self, name: str, path: str) -> None:
        self.name = name
        self.path = path
        self.signature = Signature((("file", path),))

    def translate(self, lines: Sequence[str], docs: Sequence[str]) -> list[str]:
        """Refuse: a file answers only for the suite that it was made for."""
        raise InputError("a hypothesis file cannot translate other lines", where=self.path)


def parse_system(spec: str, models: Callable[[str, str], System] | None = None) -> System:
    """Make a system from `NAME=KIND:WHAT`.

    KIND is cmd, http, https, file or model, as in `old=file:old.en`, `argos=http://127.0.0.1:5000`,
    `marian=cmd:marian-decoder -c config.yml`, `small=model:opus-ar-en`. Without `NAME=` the rest is the name.

    Args:
        spec: as typed by the user.
        models: makes a system from (name, model spec); without it models are refused.

    Raises:
        UsageError: not of that form.
    """
    name, found, rest = spec.partition("=")
    if not found or ":" in name:
        name, rest = spec, spec
    kind, found, what = rest.partition(":")
    if not found or not what.strip():
        raise UsageError(
            f"not a system: {spec!r}", hint="NAME=model:…, NAME=cmd:…, NAME=http://…, NAME=file:…"
        )
    if kind == "cmd":
        return CommandSystem(name, what)
    if kind in ("http", "https"):
        return HttpSystem(name, rest)
    if kind == "file":
        return FileSystem(name, what)
    if kind == "model" and models is not None:
        return models(name, what)
    raise UsageError(f"unknown kind of system {kind!r} in {spec!r}", hint="model, cmd, http, https or file")


def collect(
    system: System, suite: Suite, cache: Path | None = None, *, clock: Callable[[], float] = time.perf_counter
) -> Hypotheses:
    """Get a system's outputs for a suite: from its file, from the cache, or by running it.

    Args:
        system: what to run.
        suite: what to translate.
        cache: folder for outputs; a file there is used if suite digest and system signature are the same.
        clock: seconds, for tests.

    Raises:
        InputError: another number of outputs than segments, or a cache file that does not match its name.
        ModelError: the system failed.
    """
    if isinstance(system, FileSystem):
        return load_hypotheses(system.path, suite, name=system.name)
    # Read before the clock starts: it loads the model.
    signature = system.signature
    path = cache / f"{suite.digest}-{signature.digest}.jsonl" if cache else None
    if path is not None and path.exists():
        stored = load_hypotheses(path, suite, name=system.name)
        if stored.signature != str(signature):
            raise InputError("stale cache: made by another system", where=str(path), hint="delete it")
        log.info("read %d outputs of %s from the cache", len(stored.outputs), system.name)
        return Hypotheses(
            system=system.name,
            signature=stored.signature,
            outputs=stored.outputs,
            usage=stored.usage,
            cached=True,
        )
    started = clock()
    brief = getattr(system, "brief", None) if suite.kind == "brief" else None
    outputs = brief(suite.sources) if brief else system.translate(suite.sources, suite.documents)
    seconds = clock() - started
    check_outputs(suite, outputs, where=system.name)
    known = getattr(system, "usage", Usage())
    result = Hypotheses(
        system=system.name,
        signature=str(signature),
        outputs=tuple(_one_line(text) for text in outputs),
        usage=Usage(
            seconds=seconds,
            peak_mib=_peak_mib(children=isinstance(system, CommandSystem)),
            size_mb=known.size_mb,
            licence=known.licence,
        ),
    )
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_hypotheses(path, suite, result)
    return result


def _one_line(text: str) -> str:
    return " ".join(text.replace("\r", "\n").split("\n")) if "\n" in text or "\r" in text else text


def _peak_mib(*, children: bool) -> float | None:
    """Peak resident memory of this process or its children; None where the system does not tell (Windows)."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_CHILDREN if children else resource.RUSAGE_SELF).ru_maxrss
    return float(peak / (1 << 20) if sys.platform == "darwin" else peak / 1024)
