// The picture: every shape stands in the page once, and a frame says which of them are seen.
const $ = id => document.getElementById(id);
const role = name => `var(--${name.replace("_", "-")})`;

function drawBox([, x, y, width, height, rx, fill, stroke, line, dashed]) {
  const edge = stroke ? { stroke: role(stroke), "stroke-width": line } : {};
  const dash = dashed ? { "stroke-dasharray": "3 2.5" } : {};
  return make("rect", { x, y, width, height, rx, fill: fill ? role(fill) : "none", ...edge, ...dash });
}
const drawCurve = ([, way, stroke, line]) => make("path", { d: FILM.paths[way], fill: "none", stroke: role(stroke), "stroke-width": line });
const drawHead = ([, d, fill]) => make("path", { d, fill: role(fill) });

const heat = (v, colour) => ({ fill: role(v < 0 ? "ink" : colour), "fill-opacity": Math.abs(v) });
function drawHeat([, x, y, width, height, cells, colour]) {
  const high = height / cells.length;
  const squares = cells.flatMap((row, i) => row.map((v, j) => make("rect", {
    x: x + j * width / row.length, y: y + i * high, width: width / row.length, height: high,
    ...heat(v, colour), "shape-rendering": "crispEdges",
  })));
  return make("g", {}, ...squares, make("rect", { x, y, width, height, fill: "none", stroke: role(colour), "stroke-width": 0.75 }));
}

function setHeat(group, [, , , , , cells, colour, node, columns], given = values) {
  heated(given[node], columns, cells.length, cells[0].length).forEach((v, k) => give(group.children[k], heat(v, colour)));
}

// The cells of a heat map, as heat.py works them out: blocks averaged, and all by the largest magnitude.
function heated(array, columns, high, wide) {
  const finite = array.map(x => Number.isNaN(x) ? 0 : Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, x)));
  const block = (k, parts, size) => [Math.floor(k * size / parts), Math.floor((k + 1) * size / parts)];
  const cells = Array.from({ length: high * wide }, (_, cell) => {
    const [top, end] = block(Math.floor(cell / wide), high, array.length / columns), [left, right] = block(cell % wide, wide, columns);
    let sum = 0;
    for (let i = top; i < end; i++) for (let j = left; j < right; j++) sum += finite[i * columns + j];
    return sum / ((end - top) * (right - left));
  });
  const most = Math.max(...cells.map(Math.abs)) || 1;
  return cells.map(x => Math.round(1000 * x / most) / 1000);
}

const drawPatch = ([, transform, d, fill, strength]) =>
  make("path", { transform, d, fill: role(fill), "fill-opacity": strength, "shape-rendering": "crispEdges" });

function drawInk(shape) {
  const group = make("g", { fill: role(shape[5]) });
  setInk(group, shape);
  return group;
}

function setInk(group, [, phrase, x, y, size, , room, centred, lit, second], given = values) {
  const label = lineLabel(phrase, given);
  const scale = Math.min(size, room * EM / (label[0] || 1)) / EM;
  const left = x - (centred ? label[0] * scale / 2 : 0);
  group.setAttribute("transform", `translate(${left.toFixed(2)} ${y})scale(${scale.toFixed(5)})`);
  group.replaceChildren(...inked(label, lit, second));
}

let values = FILM.values.map(v => v === null ? null : Array.isArray(v) ? v.map(Number) : typeof v === "boolean" ? v : Number(v));
const draws = { b: drawBox, c: drawCurve, h: drawHead, i: drawInk, m: drawHeat, p: drawPatch };
const shapes = FILM.shapes.map(shape => draws[shape[0]](shape));
const empty = s => FILM.shapes[s][0] === "b" && FILM.shapes[s][9];
const carries = shape => shape[0] === "m" ? [shape[7]] : shape[0] === "i" ? shape[1].filter(piece => Array.isArray(piece) && !Array.isArray(piece[0])).map(piece => piece[0]) : [];
const carried = FILM.shapes.map(carries);
const glyphs = Object.entries(FILM.glyphs).map(([g, d]) => make("path", { id: "g" + g, d }));
const copies = [];
const hits = FILM.cards.map(card => {
  const [x, y, width, height] = card.box;
  return make("rect", { class: "hit", x, y, width, height, rx: 9, tabindex: 0, role: "button" });
});
// The other places of an input that stands at each of its readers.
FILM.cards.forEach((card, n) => card.copies.forEach(([dx, dy]) => {
  const copy = hits[n].cloneNode();
  give(copy, { transform: `translate(${dx} ${dy})`, "aria-hidden": "true" });
  copy.removeAttribute("tabindex");
  copies.push(copy);
  copy.addEventListener("click", () => detail(n));
}));
// A layer folds: its frame is covered by one formula, and nothing else moves.
const folds = FILM.groups.map(group => {
  const [x, y, width, height] = group.box, middle = x + width / 2;
  const cover = make("rect", { x, y, width, height, rx: 9, fill: role("group"), stroke: role("idle") });
  const size = Math.min(36, (0.7 * width) / (lineLabel(group.formula, values)[0] / EM));
  const formula = ["i", group.formula, middle, y + height / 2 + size / 3, size, "ink", width - 24, 1];
  const title = ["i", group.title, x + 10, y + 17.5, 13, "faint", width - 20, 0];
  return make("g", { class: "off" }, cover, drawInk(title), drawInk(formula));
});
const handles = FILM.groups.map(group => {
  const [x, y, width] = group.box;
  const attributes = { role: "button", tabindex: 0, "aria-label": `fold ${group.name}`, "aria-expanded": "true" };
  return make("rect", { class: "hit", x, y, width: Math.min(width, 90), height: 26, rx: 8, ...attributes });
});
const [width, height] = FILM.size;
const picture = make("svg", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": FILM.title },
  make("defs", {}, ...glyphs), ...shapes, ...hits, ...copies, ...folds, ...handles);
document.getElementById("stage").append(picture);
// The file says what goes and what comes from a frame to the next; from here on, what each frame shows.
for (const frames of Object.values(FILM.show)) {
  let now = [];
  frames.forEach(([gone, come], k) => {
    const away = new Set(gone);
    frames[k] = now = [...now.filter(s => !away.has(s)), ...come];
  });
}

// Show frame k in a mode; shapes that carry a hidden value stay away.
let seen = new Set();
function show(k, mode, hidden = new Set()) {
  const now = new Set(FILM.show[mode][k].filter(s => !carried[s].some(v => hidden.has(v))));
  if (hidden.size && k) FILM.show[mode][k - 1].filter(empty).forEach(s => now.add(s)); // what is to be said is an empty slot
  shapes.forEach((element, s) => {
    element.classList.toggle("off", !now.has(s));
    element.classList.toggle("fresh", now.has(s) && !seen.has(s) && FILM.shapes[s][0] === "i");
  });
  seen = now;
}

// Outside its domain an operation has no value, and nothing that depends on it has one. Says whether there is an output.
function blank() {
  const lost = [], none = x => Array.isArray(x) ? x.some(none) : Number.isNaN(x);
  FILM.flow.forEach(([operands, kind], i) => {
    const [condition, chosen, other] = operands, many = Array.isArray(values[i]);
    if (kind === "domain" && !many && !Number.isFinite(values[i])) values[i] = NaN;
    const from = kind === "where" && !many ? [condition, Number(values[condition]) ? chosen : other] : many ? [] : operands;
    lost[i] = none(values[i]) || from.some(o => lost[o]);
    if (lost[i] && !many) values[i] = NaN;
  });
  return !lost[FILM.output];
}

// Without an output there is no gradient: what no frame shows before it begins is told from these.
let slopes = values;
const FORWARD = ["start", "inputs", "forward"], forward = frame => FORWARD.includes(frame.phase);
const early = new Set(!compute ? [] : FILM.frames.flatMap((frame, k) => forward(frame) ? Object.values(FILM.show).flatMap(frames => frames[k]) : []));

// New inputs, new numbers; everything else stays where it is.
function recompute(inputs) {
  const found = compute(inputs).map(Number), places = FILM.places.length ? FILM.places : [...found.keys()];
  values = values.map((old, i) => {
    const at = places[i];
    return Array.isArray(at) ? at.map(k => found[k]) : typeof old === "boolean" ? Boolean(found[at]) : found[at];
  });
  const defined = blank(), none = x => Array.isArray(x) ? x.map(none) : NaN;
  slopes = defined ? values : values.map(none);
  FILM.badges.forEach(s => { shapes[s].style.visibility = defined ? "" : "hidden"; });
  FILM.shapes.forEach((shape, s) => { if (carried[s].length) (shape[0] === "m" ? setHeat : setInk)(shapes[s], shape, early.has(s) ? values : slopes); });
}

const sentence = (frame, given = forward(frame) ? values : slopes) => frame.said.map(part => !Array.isArray(part) ? part
  : Array.isArray(part[0]) ? signed(part, given) : written(given[part[0]])).join("");
const shownIn = k => new Set(FILM.show.both[k].flatMap(s => carried[s]));
