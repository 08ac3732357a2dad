"""Small SVG plots for the HTML report, drawn without any library.

In: numbers and labels. Out: SVG text whose colours come from the page's style sheet (dark and light), 360
units wide, so that letters stay readable on a phone. Not here: the page.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

from khabar_core.textio import safe_terminal

__all__ = ["Point", "Row", "difference_plot", "dot_plot", "histogram", "pareto_plot"]

WIDTH = 360
_LABEL = 136  # units for labels at the left
_RIGHT = 12
_ROW = 20
_MAX_LABEL_CHARS = 20


@dataclass(frozen=True, slots=True)
class Row:
    """One value with its interval; `note` is shown when the mouse rests on it."""

    label: str
    value: float
    low: float
    high: float
    note: str = ""
    style: str = ""


@dataclass(frozen=True, slots=True)
class Point:
    """A system in the plane of speed (log scale) and quality."""

    label: str
    x: float
    y: float


def dot_plot(rows: Sequence[Row], title: str) -> str:
    """Values with intervals, one a row."""
    low = min(row.low for row in rows)
    high = max(row.high for row in rows)
    return _rows_plot(rows, _nice_ticks(low, high), title, zero=False)


def difference_plot(rows: Sequence[Row], title: str) -> str:
    """Differences with intervals around a zero line."""
    low = min(0.0, *(row.low for row in rows))
    high = max(0.0, *(row.high for row in rows))
    return _rows_plot(rows, _nice_ticks(low, high), title, zero=True)


def histogram(values: Sequence[float], other: Sequence[float], title: str) -> str:
    """How many segments fall into each ten points of 0..100; `other` is drawn as an outline."""
    height, bottom, left = 150, 130, 34
    bars, outline = _bins(values), _bins(other)
    top = max([*bars, *outline, 1])
    step = (WIDTH - left - _RIGHT) / 10
    parts = []
    for k, count in enumerate(bars):
        size = count / top * (bottom - 14)
        parts.append(
            f'<rect class="bar" x="{left + k * step + 1:.1f}" y="{bottom - size:.1f}" width="{step - 2:.1f}" '
            f'height="{size:.1f}"><title>{10 * k} to {10 * k + 10}: {count}</title></rect>'
        )
    if other:
        path = [f"M{left} {bottom}"]
        for k, count in enumerate(outline):
            y = bottom - count / top * (bottom - 14)
            path.append(f"L{left + k * step:.1f} {y:.1f}L{left + (k + 1) * step:.1f} {y:.1f}")
        parts.append(f'<path class="outline" d="{"".join(path)}L{WIDTH - _RIGHT} {bottom}"/>')
    for k in range(0, 11, 2):
        parts.append(_text(left + k * step, height - 4, str(10 * k), "middle", "tick"))
    parts.append(_text(left - 4, 18, str(top), "end", "tick"))
    parts.append(f'<path class="axis" d="M{left} {bottom}H{WIDTH - _RIGHT}"/>')
    return _svg(height, title, parts)


def pareto_plot(points: Sequence[Point], title: str) -> str:
    """Speed against quality; the dashed line joins the systems that none other beats in both."""
    height, bottom, left = 220, 190, 40
    logs = [math.log10(max(point.x, 1e-3)) for point in points]
    x_low, x_high = _spread(min(logs), max(logs), 0.3)
    y_low, y_high = _spread(min(p.y for p in points), max(p.y for p in points), 2.0)

    def place(point: Point) -> tuple[float, float]:
        x = (math.log10(max(point.x, 1e-3)) - x_low) / (x_high - x_low)
        y = (point.y - y_low) / (y_high - y_low)
        return left + x * (WIDTH - left - _RIGHT), bottom - y * (bottom - 16)

    parts = [f'<path class="axis" d="M{left} 10V{bottom}H{WIDTH - _RIGHT}"/>']
    front = [p for p in points if not any(q.x >= p.x and q.y >= p.y and q != p for q in points)]
    if len(front) > 1:
        line = " ".join("{:.1f},{:.1f}".format(*place(p)) for p in sorted(front, key=lambda p: p.x))
        parts.append(f'<polyline class="front" points="{line}"/>')
    for point in points:
        x, y = place(point)
        anchor, shift = ("end", -7) if x > WIDTH * 0.6 else ("start", 7)
        note = _esc(f"{point.label}: {point.x:.0f} words/s, {point.y:.1f}")
        parts.append(f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="4.5"><title>{note}</title></circle>')
        parts.append(_text(x + shift, y - 6, _shorten(point.label), anchor))
    for value in _nice_ticks(y_low, y_high):
        y = bottom - (value - y_low) / (y_high - y_low) * (bottom - 16)
        if 10 <= y <= bottom:
            parts.append(_text(left - 4, y + 4, f"{value:g}", "end", "tick"))
    for power in range(math.floor(x_low), math.ceil(x_high) + 1):
        for factor in (1, 3):
            x = (power + math.log10(factor) - x_low) / (x_high - x_low)
            if 0 <= x <= 1:
                label = f"{factor * 10.0**power:g}"
                parts.append(_text(left + x * (WIDTH - left - _RIGHT), bottom + 16, label, "middle", "tick"))
    parts.append(_text(WIDTH - _RIGHT, height - 2, "words per second", "end", "tick"))
    return _svg(height, title, parts)


def _rows_plot(rows: Sequence[Row], ticks: Sequence[float], title: str, *, zero: bool) -> str:
    bottom = _ROW * len(rows) + 8
    height = bottom + 20
    low, high = ticks[0], ticks[-1]

    def x_of(value: float) -> float:
        return _LABEL + (value - low) / (high - low) * (WIDTH - _LABEL - _RIGHT)

    parts = [f'<path class="axis" d="M{x_of(t):.1f} 4V{bottom}"/>' for t in ticks]
    parts += [_text(x_of(t), bottom + 14, f"{t:g}", "middle", "tick") for t in ticks]
    if zero:
        parts.append(f'<path class="zero" d="M{x_of(0):.1f} 0V{bottom}"/>')
    for k, row in enumerate(rows):
        y = _ROW * k + 16
        style = f" {row.style}" if row.style else ""
        note = _esc(f"{row.label}: {row.note}")
        parts.append(_text(_LABEL - 8, y + 4, _shorten(row.label), "end"))
        parts.append(
            f"<g><title>{note}</title>"
            f'<path class="whisker{style}" d="M{x_of(row.low):.1f} {y}H{x_of(row.high):.1f}"/>'
            f'<circle class="dot{style}" cx="{x_of(row.value):.1f}" cy="{y}" r="4"/></g>'
        )
    return _svg(height, title, parts)


def _nice_ticks(low: float, high: float) -> list[float]:
    """4 to 7 round numbers that span low..high."""
    low, high = _spread(low, high, 0.0)
    rough = (high - low) / 4
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(k * step, 10) for k in range(first, last + 1)]


def _spread(low: float, high: float, margin: float) -> tuple[float, float]:
    """Widen a range, so that it is never empty."""
    if high - low < 1e-9:
        margin = max(margin, 1.0 if abs(high) > 1 else 0.1)
    return low - margin, high + margin


def _bins(values: Sequence[float]) -> list[int]:
    counts = [0] * 10
    for value in values:
        counts[min(9, max(0, int(value // 10)))] += 1
    return counts


def _text(x: float, y: float, text: str, anchor: str, style: str = "") -> str:
    style = f' class="{style}"' if style else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{style}>{_esc(text)}</text>'


def _esc(text: str) -> str:
    return html.escape(safe_terminal(text))


def _shorten(text: str) -> str:
    return text if len(text) <= _MAX_LABEL_CHARS else text[: _MAX_LABEL_CHARS - 1] + "…"


def _svg(height: float, title: str, parts: Sequence[str]) -> str:
    head = f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{_esc(title)}">'
    return head + "".join(parts) + "</svg>"
