"""Figures as SVG text: crisp in print, readable offline, and without a plotting package.

Plotting packages do not come with every QGIS. What the reports need is little: charts with linear
or logarithmic axes, bars, and roses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

#: Colours that people with colour blindness can tell apart (Okabe and Ito).
BLUE, ORANGE, GREEN, GREY = "#0072b2", "#d55e00", "#009e73", "#777777"

_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 14, 30, 46
_CHARACTER = 7.0  # usual width of a letter, pixels


@dataclass(frozen=True)
class Axis:
    """One axis of a chart.

    Attributes:
        label: What it shows, with its unit.
        low: Value at its beginning.
        high: Value at its end; larger than ``low``.
        log: Whether it is logarithmic; then ``low`` is above 0.
    """

    label: str
    low: float
    high: float
    log: bool = False

    def place(self, values: np.ndarray) -> np.ndarray:
        """Where values lie between the axis's ends, 0..1."""
        scaled, low, high = (
            self._scaled(np.asarray(x, float)) for x in (values, self.low, self.high)
        )
        return np.clip((scaled - low) / (high - low), 0, 1)

    def _scaled(self, values: np.ndarray) -> np.ndarray:
        return np.log10(np.maximum(values, 1e-300)) if self.log else values

    def ticks(self) -> list[tuple[float, str]]:
        """Round values along the axis, with their texts."""
        if self.log:
            first, last = np.ceil(np.log10(self.low)), np.floor(np.log10(self.high))
            every = max(1, int(np.ceil((last - first) / 7)))
            powers = np.arange(first, last + 1, every).astype(int)
            return [(10.0**power, _power(int(power))) for power in powers]
        step = _round_step((self.high - self.low) / 5)
        count = int(np.floor((self.high - self.low) / step + 1e-9)) + 1
        first_tick = np.ceil(self.low / step - 1e-9) * step
        values = [first_tick + step * i for i in range(count)]
        return [(v, f"{v:,.10g}") for v in values if v <= self.high + step * 1e-6]


class Chart:
    """Lines, points and bars over two axes, drawn in the order in which they are added."""

    def __init__(self, x: Axis, y: Axis, width: int = 470, height: int = 330) -> None:
        self._x, self._y = x, y
        self._width, self._height = width, height
        self._marks: list[str] = []
        self._legend: list[tuple[str, str]] = []

    def line(
        self, x: np.ndarray, y: np.ndarray, label: str = "", colour: str = BLUE, dash: str = ""
    ) -> None:
        """Join points by a line; NaN breaks it off."""
        across, down = self._to_pixels(x, y)
        known = np.isfinite(across) & np.isfinite(down)
        path = " ".join(f"{a:.1f},{d:.1f}" for a, d in zip(across[known], down[known]))
        style = f' stroke-dasharray="{dash}"' if dash else ""
        self._marks.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{style}/>'
        )
        self._name(label, colour)

    def points(self, x: np.ndarray, y: np.ndarray, label: str = "", colour: str = BLUE) -> None:
        """Mark points."""
        across, down = self._to_pixels(x, y)
        self._marks += [
            f'<circle cx="{a:.1f}" cy="{d:.1f}" r="3.4" fill="{colour}"/>'
            for a, d in zip(across, down)
            if np.isfinite(a) and np.isfinite(d)
        ]
        self._name(label, colour)

    def bars(
        self, edges: np.ndarray, heights: np.ndarray, label: str = "", colour: str = BLUE
    ) -> None:
        """Bars between ``edges`` [n + 1] of ``heights`` [n], standing on the axis's low end."""
        across, down = self._to_pixels(edges, np.append(heights, self._y.low))
        floor = down[-1]
        self._marks += [
            f'<rect x="{left + 0.5:.1f}" y="{top:.1f}" width="{max(right - left - 1, 0.5):.1f}" '
            f'height="{floor - top:.1f}" fill="{colour}" fill-opacity="0.8"/>'
            for left, right, top in zip(across, across[1:], down)
        ]
        self._name(label, colour)

    def mark(self, x: float, text: str, colour: str = GREY) -> None:
        """An upright dashed line with a text."""
        (across,), _ = self._to_pixels(np.array([x]), np.array([self._y.low]))
        left = across > self._width - _RIGHT - 8 - _CHARACTER * len(text)
        anchor, beside = ("end", across - 5) if left else ("start", across + 5)
        self._marks.append(
            f'<line x1="{across:.1f}" x2="{across:.1f}" y1="{_TOP}" '
            f'y2="{self._height - _BOTTOM}" stroke="{colour}" stroke-dasharray="4 3"/>'
            f'<text x="{beside:.1f}" y="{_TOP + 13}" text-anchor="{anchor}" fill="{colour}">'
            f"{escape(text)}</text>"
        )

    def svg(self, title: str) -> str:
        """The chart; ``title`` is what a screen reader says."""
        body = [*self._grid(), *self._marks, *self._labels(), *self._key()]
        return _svg(self._width, self._height, title, body)

    def _name(self, label: str, colour: str) -> None:
        if label:
            self._legend.append((label, colour))

    def _to_pixels(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        across = _LEFT + self._x.place(x) * (self._width - _LEFT - _RIGHT)
        down = self._height - _BOTTOM - self._y.place(y) * (self._height - _TOP - _BOTTOM)
        return across, down

    def _grid(self) -> list[str]:
        right, bottom = self._width - _RIGHT, self._height - _BOTTOM
        parts = []
        for value, text in self._x.ticks():
            (at,), _ = self._to_pixels(np.array([value]), np.array([self._y.low]))
            parts.append(_rule(at, at, _TOP, bottom) + _text(at, bottom + 16, text, "middle"))
        for value, text in self._y.ticks():
            _, (at,) = self._to_pixels(np.array([self._x.low]), np.array([value]))
            parts.append(_rule(_LEFT, right, at, at) + _text(_LEFT - 6, at + 4, text, "end"))
        frame = (
            f'<rect x="{_LEFT}" y="{_TOP}" width="{right - _LEFT}" height="{bottom - _TOP}" '
            'fill="none" stroke="#999"/>'
        )
        return [*parts, frame]

    def _labels(self) -> list[str]:
        middle = (_LEFT + self._width - _RIGHT) / 2
        upright = (_TOP + self._height - _BOTTOM) / 2
        return [
            _text(middle, self._height - 8, escape(self._x.label), "middle"),
            f'<text transform="translate(13 {upright:.1f}) rotate(-90)" text-anchor="middle">'
            f"{escape(self._y.label)}</text>",
        ]

    def _key(self) -> list[str]:
        parts, at = [], float(_LEFT)
        for label, colour in self._legend:
            parts.append(
                f'<rect x="{at:.1f}" y="10" width="11" height="11" fill="{colour}"/>'
                + _text(at + 16, 20, escape(label), "start")
            )
            at += 34 + _CHARACTER * len(label)
        return parts


@dataclass(frozen=True)
class Rose:
    """A circle, or a quarter of one, of sectors whose area shows their value.

    Attributes:
        series: Values of each sector, for up to two series, with name and colour.
        ends: Angle of the first and after the last sector, degrees clockwise from the top.
        labels: Texts around it, with their angle.
    """

    series: Sequence[tuple[str, np.ndarray, str]]
    ends: tuple[float, float]
    labels: Sequence[tuple[float, str]]

    def svg(self, title: str, size: int = 330) -> str:
        """The rose; ``title`` is what a screen reader says."""
        full = self.ends[1] - self.ends[0] > 180
        middle = (size / 2, size / 2 + 10) if full else (50.0, size - 40.0)
        radius = size / 2 - 44 if full else size - 110.0
        most = max(float(np.max(values, initial=0)) for _, values, _ in self.series) or 1.0
        body = [_arc(middle, radius * share**0.5, self.ends) for share in (0.25, 0.5, 0.75, 1)]
        for _, values, colour in self.series:
            body += self._sectors(values / most, middle, radius, colour)
        for angle, text in self.labels:
            x, y = _around(middle, radius + 16, angle)
            body.append(_text(x, y + 4, escape(text), "middle"))
        at = 8.0
        for name, _, colour in self.series:
            body.append(f'<rect x="{at}" y="6" width="11" height="11" fill="{colour}"/>')
            body.append(_text(at + 16, 16, escape(name), "start"))
            at += 34 + _CHARACTER * len(name)
        return _svg(size, size, title, body)

    def _sectors(
        self, shares: np.ndarray, middle: tuple[float, float], radius: float, colour: str
    ) -> list[str]:
        angles = np.linspace(*self.ends, len(shares) + 1)
        # The first series is filled, the next is an outline over it.
        filled = colour if colour == self.series[0][2] else "none"
        parts = []
        for first, last, share in zip(angles, angles[1:], shares):
            reach = radius * float(share) ** 0.5
            (x, y), (u, v) = _around(middle, reach, first), _around(middle, reach, last)
            parts.append(
                f'<path d="M{middle[0]:.1f} {middle[1]:.1f}L{x:.1f} {y:.1f}A{reach:.1f} '
                f'{reach:.1f} 0 0 1 {u:.1f} {v:.1f}Z" fill="{filled}" fill-opacity="0.75" '
                f'stroke="{colour}"/>'
            )
        return parts


def log_axis(label: str, values: np.ndarray) -> Axis:
    """A logarithmic axis from the power of ten below all positive values to the one above."""
    positive = values[np.isfinite(values) & (values > 0)]
    low, high = (positive.min(), positive.max()) if len(positive) else (1.0, 10.0)
    first, last = np.floor(np.log10(low)), np.ceil(np.log10(high))
    return Axis(label, 10.0**first, 10.0 ** max(last, first + 1), log=True)


def zero_axis(label: str, values: np.ndarray) -> Axis:
    """A linear axis from 0 to a little above all values."""
    most = float(np.max(values[np.isfinite(values)], initial=0)) or 1.0
    step = _round_step(most / 5)
    return Axis(label, 0.0, float(np.ceil(most / step - 1e-9)) * step)


def _round_step(step: float) -> float:
    """The next of 1, 2, 2.5, 5, 10 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(step))
    return float(next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= step * (1 - 1e-9)))


#: As letters, since Qt's SVG does not raise a text that is told to be higher.
_RAISED = str.maketrans(
    "0123456789-",
    "\N{SUPERSCRIPT ZERO}\N{SUPERSCRIPT ONE}\N{SUPERSCRIPT TWO}\N{SUPERSCRIPT THREE}"
    "\N{SUPERSCRIPT FOUR}\N{SUPERSCRIPT FIVE}\N{SUPERSCRIPT SIX}\N{SUPERSCRIPT SEVEN}"
    "\N{SUPERSCRIPT EIGHT}\N{SUPERSCRIPT NINE}\N{SUPERSCRIPT MINUS}",
)


def _power(power: int) -> str:
    if 0 <= power <= 3:
        return f"{10**power:,}"
    return "10" + str(power).translate(_RAISED)


def _around(middle: tuple[float, float], radius: float, angle: float) -> tuple[float, float]:
    turned = np.radians(angle)
    return (
        middle[0] + radius * float(np.sin(turned)),
        middle[1] - radius * float(np.cos(turned)),
    )


def _arc(middle: tuple[float, float], radius: float, ends: tuple[float, float]) -> str:
    if ends[1] - ends[0] >= 360:
        return (
            f'<circle cx="{middle[0]:.1f}" cy="{middle[1]:.1f}" r="{radius:.1f}" fill="none" '
            'stroke="#ddd"/>'
        )
    (x, y), (u, v) = _around(middle, radius, ends[0]), _around(middle, radius, ends[1])
    return (
        f'<path d="M{middle[0]:.1f} {middle[1]:.1f}L{x:.1f} {y:.1f}A{radius:.1f} {radius:.1f} 0 0 '
        f'1 {u:.1f} {v:.1f}Z" fill="none" stroke="#ddd"/>'
    )


def _rule(x: float, u: float, y: float, v: float) -> str:
    return f'<line x1="{x:.1f}" x2="{u:.1f}" y1="{y:.1f}" y2="{v:.1f}" stroke="#e4e4e4"/>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'


def _svg(width: int, height: int, title: str, body: list[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-label="{escape(title)}" font-size="12" '
        f'font-family="sans-serif" fill="#222">{"".join(body)}</svg>'
    )
