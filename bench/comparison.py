"""Tables of single figures, one column a server: what was measured, Kvik's ratio to the better peer, and its target."""

from __future__ import annotations

from collections.abc import Mapping

from bench.report import number
from bench.settings import SUBJECT, Settings


def columns(settings: Settings) -> tuple[str, ...]:
    return ("what", *settings.servers, "ratio", "target", "verdict")


def row(
    what: str, figures: Mapping[str, float], target: float | None, settings: Settings, *, more: bool = False,
    absolute: bool = False,
) -> list[str]:  # fmt: skip
    """`more`: the larger the better. `target` None: only shown; of the figure itself when `absolute`, else of the ratio.

    A server without a figure cannot do what was measured.
    """
    peers = [figures[name] for name in settings.peers if name in figures]
    ratio = None
    if SUBJECT in figures and peers:
        better = (max if more else min)(peers)
        ratio = figures[SUBJECT] / better if better else None
    judged = figures.get(SUBJECT) if absolute else ratio
    verdict = "-"
    if judged is not None and target is not None:
        verdict = "met" if (judged >= target if more else judged <= target) else "missed"
    bound = "" if target is None else f"{'>=' if more else '<='} {target:g}{'' if absolute else ' x'}"
    return [
        what, *(number(figures[name]) if name in figures else "-" for name in settings.servers),
        "-" if ratio is None else number(ratio), bound, verdict,
    ]  # fmt: skip
