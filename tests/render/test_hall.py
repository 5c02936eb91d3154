"""A campaign: the smallest letter of twelve films in a full-HD window, measured in Chromium on what is drawn."""

from itertools import pairwise

import numpy as np
import pytest

import graphgrad as gg

pytestmark = [pytest.mark.browser, pytest.mark.campaign]
DRAW = np.random.default_rng(0)
MEASURE = """() => {
    let least = Infinity;
    for (let k = 0; k <= last; k += 8) {
        go(k);
        const letters = document.querySelectorAll('#stage use, #statement use, #rule use');
        least = Math.min(least, ...[...letters].filter(u => u.checkVisibility()).map(u => 1000 * u.getScreenCTM().d));
    }
    const box = stage.getBoundingClientRect();
    return [least, box.width * Math.min(box.height, innerHeight) / (innerWidth * innerHeight)];
}"""


def drawn(**shapes):
    """Numbers for the inputs of these shapes."""
    return {name: DRAW.normal(size=shape).round(2) for name, shape in shapes.items()}


def layers():
    """A network of three layers."""
    names = ["X", "h1", "h2", "h3"]
    lines = [f"{h} = relu({x} @ W{k}.T + b{k})" for k, (x, h) in enumerate(pairwise(names), 1)]
    return "; ".join([*lines, "L = mean((h3 - Y)**2)"]), drawn(
        X=(4, 3), W1=(5, 3), b1=5, W2=(4, 5), b2=4, W3=(2, 4), b3=2, Y=(4, 2)
    )


def gates():
    """An LSTM's step."""
    lines = [
        f"{k} = {f}(W{k} @ x + U{k} @ h + b{k})"
        for k, f in zip("ifog", ("sigmoid", "sigmoid", "sigmoid", "tanh"), strict=True)
    ]
    weights = {f"{w}{k}": shape for k in "ifog" for w, shape in (("W", (3, 2)), ("U", (3, 3)), ("b", 3))}
    text = "; ".join([*lines, "c1 = f * c + i * g", "h1 = o * tanh(c1)", "L = sum((h1 - y)**2)"])
    return text, drawn(x=2, h=3, c=3, y=3, **weights)


FILMS = {
    "lecture": ("log(x1*x2)*sin(x2)", {"x1": 0.5, "x2": 0.75}),
    "Colah": ("c = a + b; d = b + 1; e = c*d", {"a": 2.0, "b": 1.0}),
    "neuron": ("1/(1 + exp(-(w0*x0 + w1*x1 + w2)))", {"w0": 2.0, "x0": -1.0, "w1": -3.0, "x1": -2.0, "w2": -3.0}),
    "softmax cross-entropy": ("p = softmax(z); L = -sum(y*log(p))", drawn(z=3, y=3)),
    "three layers": layers(),
    "attention": (
        "S = Q @ K.T / sqrt(3); A = softmax(S); O = A @ V; L = sum(O * T)",
        drawn(Q=(4, 3), K=(4, 3), V=(4, 3), T=(4, 3)),
    ),
    "LSTM": gates(),
    "RNN": (
        "h = tanh(W @ x1 + b); h = tanh(W @ x2 + U @ h + b); h = tanh(W @ x3 + U @ h + b); L = sum((v @ h - y)**2)",
        drawn(W=(3, 2), U=(3, 3), b=3, x1=2, x2=2, x3=2, v=3, y=()),
    ),
    "batch norm": (
        "d = X - mean(X, 0); n = d / sqrt(mean(d**2, 0) + 0.001); L = sum((n * g + b) * T)",
        drawn(X=(4, 3), g=3, b=3, T=(4, 3)),
    ),
    "layer norm": (
        "d = x - mean(x); n = d / sqrt(mean(d**2) + 0.001); L = sum((n * g + b) * T)",
        drawn(x=4, g=4, b=4, T=4),
    ),
    "CNN": (
        "; ".join(f"z{i}{j} = relu(sum(x[{i}:{i + 2}, {j}:{j + 2}] * k) + b)" for i in (0, 1) for j in (0, 1))
        + "; L = (z00 + z01 + z10 + z11 - y)**2",
        drawn(x=(3, 3), k=(2, 2), b=(), y=()),
    ),
    "forty nodes": ("; ".join(["v = x", *["v = sin(v) * c"] * 19]), {"x": 0.5, "c": 1.1}),
}


@pytest.mark.parametrize("name", FILMS)
def test_no_letter_is_under_twenty_pixels_in_a_hall(browser, tmp_path, name):
    text, values = FILMS[name]
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    page.goto(gg.animate(text, values, proof=False).save(tmp_path / "film.html").as_uri())
    least, part = page.evaluate(MEASURE)
    print(f"{name}: {least:.2f} pixels, {100 * part:.0f} % of the window")  # noqa: T201  (the campaign's table)
    page.close()
    assert least > 19.9
    assert part > 0.6
