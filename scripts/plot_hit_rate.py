"""Draw docs/images/hit-rate.svg from the figures of a run:

    python -m bench --only hit-rate --json build/hit_rate.json
    python scripts/plot_hit_rate.py build/hit_rate.json docs/images/hit-rate.svg

Needs matplotlib (`pip install matplotlib`), which nothing else here does.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt

COLOURS = {"kvik": "#c0392b", "redis": "#7f8c8d", "valkey": "#2980b9", "exact": "#27ae60"}
TITLES = {"zipf": "Zipf over 1 M keys", "scan": "the same, one access in five a scan"}


def draw(figures: dict[str, dict[str, list[int]]], accesses: int, path: Path) -> None:
    """One panel a trace; solid lines LRU, dashed ones LFU, dotted ones the exact lists."""
    matplotlib.rcParams["svg.hashsalt"] = "hit-rate"
    fig, panels = plt.subplots(1, len(TITLES), figsize=(11, 4), sharex=True)
    for panel, (name, title) in zip(panels, TITLES.items(), strict=True):
        for who, hits in figures[name].items():
            server, _, what = who.partition(" ")
            window = accesses / len(hits)
            style = ":" if server == "exact" else "--" if what.endswith("lfu") else "-"
            label = f"exact LRU, {what}" if server == "exact" else f"{server} {what.removeprefix('allkeys-')}"
            x = [window * (i + 1) / 1e6 for i in range(len(hits))]
            panel.plot(x, [100 * each / window for each in hits], style, color=COLOURS[server], label=label, linewidth=1)
        panel.set_title(title, fontsize=10)
        panel.set_xlabel("million accesses")
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("hits, %")
    panels[-1].legend(fontsize=7, loc="lower right")
    fig.tight_layout()
    fig.savefig(path, metadata={"Date": None})


def main(source: str, target: str) -> None:
    sections = json.loads(Path(source).read_text())["sections"]
    raw = next(each["raw"] for each in sections if each["title"].startswith("Hit rates"))
    draw(raw, raw["accesses"], Path(target))


if __name__ == "__main__":
    main(*sys.argv[1:])
