"""Curves and small images as SVG, for the entries that train: light or dark as the reader's page is."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

COLOURS = 6  # the classes c0 to c5 of STYLE
STYLE = """<style>
text{font:15px system-ui,sans-serif;fill:#0f172a}.axis{stroke:#a3afc0;fill:none}.curve{fill:none;stroke-width:2.5}
.tick{font-size:12px;fill:#56637a}.cell{shape-rendering:crispEdges}.wrong{fill:#c2410c;font-weight:700}.ground{fill:#fff}
.c0{stroke:#56637a;fill:#56637a}.c1{stroke:#1d4ed8;fill:#1d4ed8}.c2{stroke:#c2410c;fill:#c2410c}
.c3{stroke:#15803d;fill:#15803d}.c4{stroke:#7e22ce;fill:#7e22ce}.c5{stroke:#b45309;fill:#b45309}
@media(prefers-color-scheme:dark){text{fill:#e8edf5}.ground{fill:#0b1220}.axis{stroke:#53627a}.tick{fill:#9fb0c7}
.wrong{fill:#ff9d6e}.c0{stroke:#9fb0c7;fill:#9fb0c7}.c1{stroke:#84b6ff;fill:#84b6ff}.c2{stroke:#ff9d6e;fill:#ff9d6e}
.c3{stroke:#5ddb8a;fill:#5ddb8a}.c4{stroke:#d8b4fe;fill:#d8b4fe}.c5{stroke:#fcd34d;fill:#fcd34d}}
</style>"""

Curves = Mapping[str, tuple[Sequence[float], Sequence[float]]]  # by label: x and y
WIDE, HIGH, LEFT, TOP = 460, 300, 52, 34  # a panel, and where its axes begin


def _document(path: str, width: int, height: int, body: Iterable[str]) -> None:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
    lines = [head, STYLE, f'<rect class="ground" width="{width}" height="{height}"/>', *body, "</svg>\n"]
    Path(path).write_text("\n".join(lines), encoding="utf-8")


def plot(path: str, panels: Mapping[str, Curves], columns: int = 2) -> None:
    """Draw panels of curves, by title; each panel has axes of its own."""
    body, columns = [], min(columns, len(panels))
    for k, (title, curves) in enumerate(panels.items()):
        shift = f"translate({k % columns * WIDE} {k // columns * HIGH})"
        body += [f'<g transform="{shift}">', f'<text x="{LEFT}" y="22">{title}</text>', *_panel(curves), "</g>"]
    _document(path, columns * WIDE, -(-len(panels) // columns) * HIGH, body)


def _panel(curves: Curves) -> Iterable[str]:
    xs, ys = ([float(v) for both in curves.values() for v in both[i]] for i in (0, 1))
    x0, x1, y0, y1 = min(xs), max(xs), min(ys), max(ys)
    wide, high = WIDE - LEFT - 16, HIGH - TOP - 34 - 20 * (len(curves) > 1)
    yield f'<path class="axis" d="M{LEFT} {TOP}v{high}h{wide}"/>'
    for y, at in ((y1, TOP), (y0, TOP + high)):
        yield f'<text class="tick" x="{LEFT - 6}" y="{at + 5}" text-anchor="end">{round(y, 3):.2g}</text>'
    for x, at, anchor in ((x0, LEFT, "start"), (x1, LEFT + wide, "end")):
        yield f'<text class="tick" x="{at}" y="{TOP + high + 17}" text-anchor="{anchor}">{x:.6g}</text>'
    for k, (label, (across, up)) in enumerate(curves.items()):
        places = zip(across, up, strict=True)
        points = " ".join(
            f"{LEFT + wide * (x - x0) / (x1 - x0):.1f},{TOP + high * (y1 - y) / (y1 - y0):.1f}" for x, y in places
        )
        yield f'<polyline class="curve c{k % COLOURS}" style="fill:none" points="{points}"/>'
        if len(curves) > 1:
            at = LEFT + k * wide // len(curves)
            yield f'<rect class="c{k % COLOURS}" x="{at}" y="{HIGH - 20}" width="14" height="4"/>'
            yield f'<text class="tick" x="{at + 20}" y="{HIGH - 13}">{label}</text>'


def images(
    path: str, pictures: Iterable[tuple[Sequence[Sequence[float]], str, bool]], title: str, columns: int = 10
) -> None:
    """Draw grey images (rows of numbers from 0 to 1), each with a caption, and whether that is right."""
    cell, side, body = 9, 92, [f'<text x="10" y="22">{title}</text>']
    for k, (rows, caption, right) in enumerate(pictures):
        left, top = 10 + k % columns * side, 36 + k // columns * (side + 18)
        body.append(f'<rect x="{left}" y="{top}" width="{cell * len(rows)}" height="{cell * len(rows)}"/>')
        body += [
            f'<rect class="cell" x="{left + cell * j}" y="{top + cell * i}" width="{cell}" height="{cell}" '
            f'fill="#{format(round(255 * value), "02x") * 3}"/>'
            for i, row in enumerate(rows)
            for j, value in enumerate(row)
            if value
        ]
        mark = "" if right else ' class="wrong"'
        body.append(f'<text x="{left + 36}" y="{top + 90}" text-anchor="middle"{mark}>{caption}</text>')
        bottom = top + side + 18
    _document(path, 10 + columns * side, bottom + 4, body)
