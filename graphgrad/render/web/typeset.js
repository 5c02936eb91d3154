// Numbers and lines of mathematics, exactly as Python sets them: numerals.py and typeset.py say why.
const EM = 1000, SCRIPT = 0.7, RAISE = 380, DIGITS = 4;

function numeral(x) {
  if (typeof x === "boolean") return [String(x), ""];
  if (Number.isNaN(x)) return ["undefined", ""];
  const sign = x < 0 ? "−" : "", size = Math.abs(x);
  if (size === Infinity) return [sign + "∞", ""];
  if (size === 0) return ["0", ""];
  const trim = s => s.includes(".") ? s.replace(/\.?0+$/, "") : s;
  const first = Number(size.toExponential().split("e")[1]);
  const digits = first >= -4 && first < 6 ? Math.max(DIGITS, first + 1) : DIGITS;
  const [mantissa, exponent] = size.toExponential(digits - 1).split("e").map((s, k) => k ? Number(s) : s);
  if (exponent >= -4 && exponent < 6) return [sign + trim(size.toFixed(Math.max(0, digits - 1 - exponent))), ""];
  return [sign + trim(mantissa), String(exponent)];
}

const superscript = s => s.replace(/./g, c => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)]);
const written = x => { const [m, e] = numeral(x); return e ? `${m}×10${superscript(e)}` : m; };

function numberLabel(x, guard) {
  const [mantissa, exponent] = numeral(x), glyphs = [];
  let at = 0;
  const put = (text, scale, y) => {
    for (const sign of text) {
      const [glyph, advance] = FILM.digits[sign];
      glyphs.push([glyph, at, y, scale]);
      at += advance * scale;
    }
  };
  const inside = guard && mantissa[0] === "−";
  put(inside ? "(" : "", 1, 0);
  put(mantissa, 1, 0);
  if (exponent) { put("×10", 1, 0); put(exponent.replace("-", "−"), SCRIPT, -RAISE); }
  put(inside ? ")" : "", 1, 0);
  return [at, glyphs, [], exponent ? 900 : 750, 200];
}

// The number that [node, guard, part] points at: a node's, or of an array an entry or what sums it up.
const PARTS = { min: a => Math.min(...a), max: a => Math.max(...a), norm: a => Math.sqrt(a.reduce((s, x) => s + x * x, 0)), number: Number };
const read = ([node, , part], values) =>
  part === undefined ? values[node] : Object.hasOwn(PARTS, part) ? PARTS[part](values[node]) : values[node][part];

// The sign that some numbers want, of two: the first where all of them are what is written, but for the last bits of their
// arithmetic.
const exact = x => { const [m, e] = numeral(x), shown = Number(m.replace("−", "-") + "e" + (e || 0)); return !(Math.abs(shown - x) > 1e-12 * Math.abs(x)); };
const signed = ([signs, ...numbers], given) => signs[Number(!numbers.every(number => exact(read(number, given))))];

// An array in words; one that nothing computes anew has its numbers in the picture alone.
const told = x => x === null ? "an array" : Array.isArray(x)
  ? x.length > 1 ? `${written(PARTS.min(x))} to ${written(PARTS.max(x))}, norm ${written(PARTS.norm(x))}` : x.map(written).join() : written(x);

// A phrase (label numbers, and [value, guard] pairs) as one label: width, glyphs, bars, ascent, descent.
function lineLabel(phrase, values) {
  const line = [0, [], [], 0, 0];
  for (const piece of phrase) {
    const label = !Array.isArray(piece) ? FILM.labels[piece] : Array.isArray(piece[0]) ? FILM.labels[signed(piece, values)]
      : numberLabel(read(piece, values), piece[1]);
    for (const [g, x, y = 0, scale = 1, tag = -1] of label[1]) line[1].push([g, x + line[0], y, scale, tag]);
    for (const [x, y, w, h, tag] of label[2]) line[2].push([x + line[0], y, w, h, tag]);
    line[0] += label[0];
    line[3] = Math.max(line[3], label[3]);
    line[4] = Math.max(line[4], label[4]);
  }
  return line;
}

const SVG = "http://www.w3.org/2000/svg";
function make(name, attributes, ...children) {
  const made = document.createElementNS(SVG, name);
  give(made, attributes);
  made.append(...children);
  return made;
}
function give(element, attributes) {
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
}

// The glyphs of a label, in thousandths of its size.
function inked(label, lit = [], second = "") {
  const paint = tag => lit.includes(tag) ? { fill: `var(--${second})` } : {};
  return [
    ...label[1].map(([g, x, y, scale, tag]) =>
      make("use", { href: "#g" + g, transform: `translate(${x} ${y})scale(${scale})`, ...paint(tag) })),
    ...label[2].map(([x, y, width, height, tag]) => make("rect", { x, y, width, height, ...paint(tag) })),
  ];
}
