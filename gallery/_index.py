"""The page that shows the whole gallery: index.html, one file, light or dark as the reader's system is."""

import ast
import html
import re
from pathlib import Path

HERE = Path(__file__).parent
SECTIONS = {
    "First graphs": {
        "lecture": "The lecture's example",
        "fan_out": "Fan-out",
        "relu_kink": "relu at its kink",
        "sigmoid_neuron": "A sigmoid neuron",
        "log_sum_exp": "Log-sum-exp",
        "softmax_cross_entropy": "Softmax cross-entropy",
    },
    "Figures to know": {
        "colah": "Colah's e = (a + b) · (b + 1)",
        "hessian": "A Hessian is a graph too",
        "cs231n": "The CS231n sigmoid circuit",
        "micrograd": "micrograd's readme",
    },
    "Layers and networks": {
        "mlp2": "MLP2 with the lecture's numbers",
        "attention": "Attention, one head",
        "batch_norm": "Batch normalisation, backward",
        "rnn": "An RNN cell, unrolled",
    },
    "Proof": {
        "refuted": "A hand-derived gradient, refuted",
        "numpy_gradient": "NumPy gradient code, checked",
        "torch_gradient": "PyTorch's gradients, checked",
        "likelihood": "Likelihood and cross-entropy",
    },
    "Training": {
        "activations": "Four activations",
        "xor": "XOR: fails linearly, then learned",
        "xor_film": "XOR, as it is learned",
        "universal_approximation": "Universal approximation",
        "digits": "Digits",
        "compiled": "A compiled module",
    },
}
NEEDS = {"torch_gradient": "torch", "digits": "sklearn"}  # entries that are left as they are where a package is missing
GOOD = {"PROVED": "good", "CERTIFIED": "good", "AGREED": "good", "REFUTED": "bad"}  # verdicts, and what they mean
VERDICT = re.compile(rf"\b(?:{'|'.join(GOOD)})\b")
LONG = 12  # lines from which a text beside a wide picture is set in two columns
WIDE = 2.0  # width over height from which a picture gets a row of its own
STYLE = """
:root{color-scheme:light dark;
--ground:#f4f6fa;--card:#fff;--ink:#0f172a;--faint:#56637a;--line:#dde3ec;--accent:#1d4ed8;
--good:#15803d;--bad:#b91c1c}
@media(prefers-color-scheme:dark){:root{--ground:#060a13;--card:#0b1220;--ink:#e8edf5;--faint:#9fb0c7;--line:#22304a;
--accent:#84b6ff;--good:#5ddb8a;--bad:#ff8f8f}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1500px;padding:2.5rem 1.5rem 5rem;background:var(--ground);color:var(--ink);
font:16px/1.5 system-ui,sans-serif}
h1{font-size:2.6rem;margin:0;letter-spacing:-.02em}h2{margin:3rem 0 1rem;font-size:1.5rem}h3{margin:0;font-size:1.1rem}
header p{margin:.4rem 0;color:var(--faint);max-width:60ch;font-size:1.1rem}nav a{margin-right:1.2rem}
a{color:var(--accent)}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,560px),1fr));gap:1.2rem;grid-auto-flow:dense}
article{background:var(--card);border:1px solid var(--line);border-radius:14px;overflow:hidden;display:flex;
flex-direction:column}
article.wide{grid-column:1/-1}
.text{padding:1rem 1.2rem;border-top:1px solid var(--line);margin-top:auto}
.text p{margin:.2rem 0 .5rem;color:var(--faint)}
picture{display:flex;flex:1;align-items:center;justify-content:center}img{max-width:100%;height:auto;display:block}
pre{margin:0;padding:1rem 1.2rem;overflow-x:auto;font:13.5px/1.55 ui-monospace,monospace;white-space:pre-wrap}
pre+pre,picture+pre{border-top:1px solid var(--line)}
pre.long{columns:34rem 2;column-gap:2.5rem}
b{font-weight:600;padding:.05em .5em;border:1px solid;border-radius:1em}.good{color:var(--good)}.bad{color:var(--bad)}
details{margin-top:.3rem}summary{cursor:pointer;color:var(--accent)}
details pre{padding:.8rem 0 0;white-space:pre}
"""
HEAD = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>graphgrad: the gallery</title>'
    '<meta name="viewport" content="width=device-width,initial-scale=1">'
    f"<style>{STYLE}</style></head><body>\n<header><h1>The gallery</h1>"
    "<p>Each picture is made by the short script below it. "
    "Films play by themselves; <code>python -m gallery</code> makes them all anew, byte for byte.</p>\n<nav>"
)


def page() -> str:
    """Give the page's text."""
    links = "".join(f'<a href="#{_anchor(heading)}">{heading}</a>' for heading in SECTIONS)
    parts = [HEAD, links, "</nav></header>\n"]
    for heading, entries in SECTIONS.items():
        articles = "".join(_article(name, title) for name, title in entries.items())
        parts.append(f'<h2 id="{_anchor(heading)}">{heading}</h2>\n<div class="grid">\n{articles}</div>\n')
    return "".join([*parts, "</body></html>\n"])


def _anchor(heading: str) -> str:
    return heading.lower().replace(" ", "-")


def _article(name: str, title: str) -> str:
    code = (HERE / f"{name}.py").read_text(encoding="utf-8")
    said = ast.get_docstring(ast.parse(code)) or ""
    picture, dark = _pictures(name)
    player = HERE / f"{name}.html"
    shown, wide = "", ""
    if picture:
        width, height = _size(picture)
        wide = ' class="wide"' if width / height > WIDE else ""
        source = f'<source srcset="{dark.name}" media="(prefers-color-scheme:dark)">' if dark else ""
        alt = html.escape(said, quote=True)
        size = f'width="{width:.0f}" height="{height:.0f}"'
        shown = f'<picture>{source}<img src="{picture.name}" alt="{alt}" {size} loading="lazy"></picture>'
    text = HERE / f"{name}.txt"
    if text.exists():
        shown += _printed(text.read_text(encoding="utf-8").rstrip(), columns=bool(wide))
    more = f' <a href="{player.name}">Step through it.</a>' if player.exists() else ""
    return (
        f'<article id="{name}"{wide}>{shown}<div class="text"><h3>{html.escape(title)}</h3>'
        f"<p>{html.escape(said)}{more}</p><details><summary>{name}.py</summary><pre>{html.escape(code)}</pre></details>"
        "</div></article>\n"
    )


def _pictures(name: str) -> tuple[Path | None, Path | None]:
    """An entry's picture, and the one for dark pages where there are two."""
    light, dark, plain = (HERE / f"{name}{end}" for end in (".light.svg", ".dark.svg", ".svg"))
    return (light, dark) if light.exists() else (plain if plain.exists() else None, None)


def _printed(text: str, *, columns: bool) -> str:
    """What a script prints, its verdicts set off."""
    marked = re.sub(VERDICT, lambda word: f'<b class="{GOOD[word[0]]}">{word[0]}</b>', html.escape(text))
    long = ' class="long"' if columns and text.count("\n") > LONG else ""
    return f"<pre{long}>{marked}</pre>"


def _size(picture: Path) -> tuple[float, float]:
    """Give an SVG's width and height, from its viewBox."""
    found = re.search(r'viewBox="\S+ \S+ (\S+) (\S+)"', picture.read_text(encoding="utf-8"))
    assert found, picture
    return float(found[1]), float(found[2])
