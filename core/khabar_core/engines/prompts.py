"""Write a request as the prompt that a model was trained on, so that no text can change the prompt's form.

In: a request and the templates of a manifest. Out: one string. A source or a hint that holds a newline, `=`
or `;` could close its field and open another one; such characters are replaced. Not here: tokens.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from khabar_core.engines.base import Request
from khabar_core.errors import ModelError
from khabar_core.manifest import HintFormat

__all__ = ["clean_source", "fill_prompt", "write_hints"]

# Every character that ends a line somewhere: \n \r \v \f, the separators 1C-1E, NEL, LS, PS; and NUL.
_LINE_ENDS = re.compile("[\x00\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]+")
_SPACES = re.compile(r"\s+")
_FIELD = re.compile(r"\{(terms|source)\}")
# Longer than any name; what is longer is not a term but a text.
MAX_HINT_CHARS = 120


def clean_source(text: str, task: str) -> str:
    """The source on one line, or for briefs without empty lines, white space at the ends dropped.

    An article for a brief is numbered sentences, one a line, so its newlines are part of the format.
    """
    if task != "brief":
        return _LINE_ENDS.sub(" ", text).strip()
    lines = (_LINE_ENDS.sub(" ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def write_hints(hints: Sequence[tuple[str, str]], form: HintFormat) -> str:
    """The hints as one field of the prompt; "" when none is left.

    Pairs with an empty side or of absurd length are dropped, repeated sources keep their first target.
    """
    pairs: dict[str, str] = {}
    for source, target in hints:
        source, target = _clean_hint(source, form), _clean_hint(target, form)
        if source and target and len(source) <= MAX_HINT_CHARS and len(target) <= MAX_HINT_CHARS:
            pairs.setdefault(source, target)
    if not pairs:
        return ""
    shown = list(pairs.items())[: form.max_hints]
    return form.before + form.separator.join(f"{a}{form.between}{b}" for a, b in shown) + form.after


def fill_prompt(
    request: Request,
    prompts: Mapping[str, str],
    hint_format: HintFormat | None,
    defuse: Callable[[str], str] = str,
) -> str:
    """The prompt for a request.

    Args:
        request: its task chooses the template.
        prompts: task -> template with `{source}` and perhaps `{terms}`.
        hint_format: None leaves the hints out.
        defuse: breaks special tokens in what comes from outside; those of the template stay.

    Raises:
        ModelError: the model has no prompt for the task.
    """
    template = prompts.get(request.task)
    if template is None:
        known = ", ".join(sorted(prompts)) or "nothing"
        raise ModelError(f"this model cannot do the task {request.task}", hint=f"it can do: {known}")
    values = {
        "terms": defuse(write_hints(request.hints, hint_format)) if hint_format is not None else "",
        "source": defuse(clean_source(request.text, request.task)),
    }
    # One pass, so that "{terms}" inside an article stays what it is.
    return _FIELD.sub(lambda match: values[match.group(1)], template)


def _clean_hint(text: str, form: HintFormat) -> str:
    for mark in (form.between.strip(), form.separator.strip()):
        if mark:
            text = text.replace(mark, " ")
    return _SPACES.sub(" ", _LINE_ENDS.sub(" ", text)).strip()
