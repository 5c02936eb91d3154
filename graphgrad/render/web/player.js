// The player: state, controls, keys.
const last = FILM.frames.length - 1;
const state = { k: 0, mode: FILM.mode, playing: 0, answered: new Map() };

// What must be guessed before the frame is shown whole: [question, value] pairs.
const open = k => $("predict").checked ? FILM.frames[k].asks.slice(state.answered.get(k) || 0) : [];

function hidden(k) {
  const asks = open(k).map(([, value]) => value);
  const before = k ? shownIn(k - 1) : new Set();
  return new Set(asks.filter(value => !before.has(value)));
}

function refresh() {
  const { k, mode } = state, frame = FILM.frames[k], asks = open(k);
  show(k, mode, hidden(k));
  follow(frame);
  $("where").value = k;
  $("where").setAttribute("aria-valuetext", `frame ${k + 1} of ${last + 1}: ${frame.phase}`);
  $("count").value = `${k + 1} / ${last + 1}`;
  $("said").textContent = asks.length ? "What comes next? Say it before it is shown." : sentence(frame);
  $("quiz").hidden = !asks.length;
  if (asks.length) $("question").textContent = asks[0][0] + " =";
  const known = shownIn(k);
  FILM.cards.forEach((card, n) => {
    const value = known.has(card.id) ? told(values[card.id]) : "not computed";
    const adjoint = card.adjoint < 0 ? "" : `, adjoint ${known.has(card.adjoint) ? told(slopes[card.adjoint]) : "not computed"}`;
    hits[n].setAttribute("aria-label", card.kind === "const" ? `constant ${card.label}` : `${card.label}, value ${value}${adjoint}`);
  });
  if (!$("details").hidden) detail(state.card);
}

function go(k) {
  state.k = Math.max(0, Math.min(last, k));
  $("guess").value = "";
  $("judged").value = "";
  refresh();
  tell({ event: "step", frame: state.k + 1 });
}

function pause() { clearTimeout(state.playing); state.playing = 0; dress(); }
function play() {
  if (state.k === last) go(0);
  const tick = () => {
    if (state.k === last || open(state.k).length) return pause();
    go(state.k + 1);
    state.playing = setTimeout(tick, FILM.frames[state.k].ms / Number($("speed").value));
  };
  state.playing = setTimeout(tick, 250);
  dress();
}
function dress() {
  $("play").classList.toggle("playing", Boolean(state.playing));
  $("play").setAttribute("aria-label", state.playing ? "Pause" : "Play");
}
const step = by => { pause(); go(state.k + by); };
const turn = (by, key) => state.k === (by > 0 ? last : 0) ? ended(key) : step(by);
const fill = () => document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen?.();
const toggle = () => state.playing ? pause() : play();

function setMode(mode) { state.mode = $("mode").value = mode; refresh(); }
function chooseTheme(theme) { state.chosen = true; setTheme(theme); }
function setTheme(theme) { document.documentElement.dataset.theme = $("theme").value = theme; }
const after = (list, item) => list[(list.indexOf(item) + 1) % list.length];
const options = select => [...select.options].map(option => option.value);

// The whole story of a node: how its value and its adjoint come about.
function detail(n, cell = n === state.card ? state.cell : 0) {
  Object.assign(state, { card: n, cell });
  const card = FILM.cards[n], known = shownIn(state.k);
  const reached = card.adjoint < 0 || known.has(card.adjoint);
  $("which").textContent = card.kind === "const" ? `constant ${card.label}` : card.label;
  const forward = card.kind === "const" || known.has(card.id) || !$("predict").checked ? card.forward : [];
  const backward = reached || !$("predict").checked ? card.backward : [];
  $("lines").replaceChildren(...forward.map(line => equation(line, values)), ...backward.map(line => equation(line, slopes)));
  if (card.cells.length) $("lines").append(entryPicker(card, cell));
  $("details").hidden = false;
}

// One entry of an array in numbers: what a single neuron computes.
function entryPicker(card, cell = 0) {
  const group = document.createElement("div"), pick = document.createElement("select"), label = document.createElement("label");
  const place = k => card.cells.length > card.columns ? `${Math.floor(k / card.columns)}, ${k % card.columns}` : String(k);
  pick.append(...card.cells.map((_, k) => new Option(`${card.label}[${place(k)}]`, k)));
  pick.id = "entry";
  const tell = () => group.replaceChildren(label, equation(card.cells[state.cell = Number(pick.value)], values));
  pick.addEventListener("change", tell);
  pick.value = cell;
  label.append("One entry in numbers: ", pick);
  tell();
  return group;
}

// The entry under the pointer, where that is on an array's heat map.
function entryAt(card, event) {
  if (!card.columns) return -1;
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(picture.getScreenCTM().inverse());
  const [x, y, width, height] = card.map, rows = card.rows;
  const column = Math.floor((at.x - x) / width * card.columns), row = Math.floor((at.y - y) / height * rows);
  return column >= 0 && column < card.columns && row >= 0 && row < rows ? row * card.columns + column : -1;
}

function equation(phrase, given, em = 20, lit = [], second = "") {
  const label = lineLabel(phrase, given), size = em / EM, pad = 150;
  const [wide, high] = [label[0] + 2 * pad, label[3] + label[4] + 2 * pad];
  const box = `${-pad} ${-label[3] - pad} ${wide} ${high}`;
  return make("svg", { viewBox: box, width: wide * size, height: high * size, fill: "currentColor", role: "img" }, ...inked(label, lit, second));
}

hits.forEach((hit, n) => {
  const card = FILM.cards[n], drags = compute && card.drags;
  let grip = null;
  hit.classList.toggle("drag", Boolean(drags));
  hit.addEventListener("pointerdown", event => {
    const name = drags && grasped(card, event);
    grip = { x: event.clientX, name, value: inputs[name], moved: false };
    if (drags) hit.setPointerCapture(event.pointerId);
  });
  hit.addEventListener("pointermove", event => {
    if (!grip || !drags) return;
    const dx = event.clientX - grip.x;
    grip.moved ||= Math.abs(dx) > 3;
    if (grip.moved) setInput(grip.name, Number((grip.value + dx * Math.max(1, Math.abs(grip.value)) / 200).toPrecision(4)));
  });
  hit.addEventListener("pointerup", event => { if (grip && !grip.moved) detail(n, Math.max(0, entryAt(card, event))); grip = null; });
  hit.addEventListener("keydown", event => {
    if (event.key === "Enter") { detail(n); $("details").focus(); }
  });
});

function fold(n) {
  const open = folds[n].classList.toggle("off");
  handles[n].setAttribute("aria-expanded", String(open));
  handles[n].setAttribute("aria-label", `${open ? "fold" : "unfold"} ${FILM.groups[n].name}`);
  FILM.cards.forEach((card, m) => { if (FILM.groups[n].nodes.includes(card.id)) hits[m].classList.toggle("off", !open); });
}
handles.forEach((handle, n) => {
  handle.addEventListener("click", () => fold(n));
  handle.addEventListener("keydown", event => { if (event.key === "Enter") fold(n); });
});

$("quiz").addEventListener("submit", event => {
  event.preventDefault();
  const [, value] = open(state.k)[0];
  let guess;
  try { guess = calculate($("guess").value, nameable()); } catch (error) { return judge(false, error.message); }
  if (!agrees(guess, values[value])) return judge(false, `${written(guess)} is not right. Try again.`);
  answered(`Right: ${written(values[value])}.`);
});
$("reveal").addEventListener("click", () => answered(`It is ${written(values[open(state.k)[0][1]])}.`));
function judge(good, words) { $("judged").value = words; $("judged").className = good ? "good" : "bad"; }
function answered(words) {
  state.answered.set(state.k, (state.answered.get(state.k) || 0) + 1);
  $("guess").value = "";
  refresh();
  if (!open(state.k).length) $("said").textContent = `${words} ${sentence(FILM.frames[state.k])}`;
  judge(true, words);
}

const onClick = { first: () => step(-last), back: () => step(-1), next: () => step(1), last: () => step(last), play: toggle,
  close: () => { $("details").hidden = true; } };
for (const [id, act] of Object.entries(onClick)) $(id).addEventListener("click", act);
$("where").max = last;
$("where").addEventListener("input", () => { pause(); go(Number($("where").value)); });
$("mode").addEventListener("change", () => setMode($("mode").value));
$("theme").addEventListener("change", () => chooseTheme($("theme").value));
$("predict").addEventListener("change", () => { state.answered.clear(); pause(); go(state.k); });

const KEYS = { ...Object.fromEntries(["ArrowRight", "PageDown"].map(key => [key, () => turn(1, key)])),
  ...Object.fromEntries(["ArrowLeft", "PageUp"].map(key => [key, () => turn(-1, key)])), f: fill, z: turnWhole, Home: () => step(-last), End: () => step(last), " ": toggle,
  s: () => FILM.cards.length && setMode(after(options($("mode")), state.mode)), t: () => chooseTheme(after(options($("theme")), $("theme").value)),
  p: () => FILM.cards.length && $("predict").click(), Escape: () => { $("details").hidden = true; } };
addEventListener("keydown", event => {
  const key = event.key.length > 1 ? event.key : event.key.toLowerCase();
  const typing = event.target.matches("input:not([type=checkbox]), select") || (key === " " && event.target.matches("button, input"));
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !KEYS[key]) return;
  event.preventDefault();
  KEYS[key]();
});

let swipe = null;
const surface = document.querySelector("main"); // a picture that scrolls keeps swipes to itself
surface.addEventListener("pointerdown", event => { swipe = event.target.matches(".drag, input, select, button") ? null : event.clientX; });
surface.addEventListener("pointerup", event => {
  const dx = swipe === null ? 0 : event.clientX - swipe;
  swipe = null;
  if (Math.abs(dx) > 40) step(dx < 0 ? 1 : -1);
});

document.body.classList.toggle("no-graph", !FILM.cards.length);
$("theme").append(...THEMES.map(name => new Option(name, name)));
setTheme(FILM.theme);
$("mode").value = state.mode;
