// Inputs: a slider and a field for a number; fields in the rows of an array, and one slider for the entry chosen there.
const draggable = compute ? FILM.cards.filter(card => card.drags) : [];
const inputs = Object.fromEntries(FILM.cards.flatMap(card =>
  card.names.map((name, k) => [name, Array.isArray(values[card.id]) ? values[card.id][k] : values[card.id]])));
const starts = { ...inputs };
const sliders = new Map();

function setInput(name, value) {
  if (!Number.isFinite(value)) return;
  inputs[name] = value;
  const typing = document.activeElement.type === "number" && document.activeElement; // what is being written stays as written
  for (const made of document.querySelectorAll(`[data-input="${CSS.escape(name)}"]`)) {
    if (made !== typing) made.value = String(Number(value.toPrecision(6)));
  }
  recompute(inputs);
  refresh();
}

// The name that is spoken of an entry: "W1, row 1, column 2".
function spoken(card, k) {
  if (!Array.isArray(values[card.id])) return card.label;
  const [row, column] = [Math.floor(k / card.columns) + 1, k % card.columns + 1];
  return card.names.length > card.columns ? `${card.label}, row ${row}, column ${column}` : `${card.label}, entry ${column}`;
}

function control(type, name, label) {
  const made = document.createElement("input");
  Object.assign(made, { type, step: "any" });
  aim(made, name, label);
  made.addEventListener("input", () => made.value !== "" && setInput(made.dataset.input, Number(made.value)));
  return made;
}

// Let a control stand for an input; a slider reaches as far to both sides as its start asks for.
function aim(made, name, label) {
  const span = Math.max(1, 2 * Math.abs(starts[name]));
  if (made.type === "range") Object.assign(made, { min: starts[name] - span, max: starts[name] + span });
  made.dataset.input = name;
  made.value = String(Number(inputs[name].toPrecision(6)));
  made.setAttribute("aria-label", label);
}

// The entry of an array that its slider stands for.
function choose(card, k) {
  const row = sliders.get(card);
  if (!row) return; // a number has a slider of its own
  aim(row.slider, card.names[k], spoken(card, k));
  row.fields.forEach((field, n) => field.classList.toggle("chosen", n === k && row.fields.length > 1));
}

// The entry that a pointer takes hold of: the cell below it; beside the heat map, the one chosen last.
function grasped(card, event) {
  const at = entryAt(card, event), row = sliders.get(card);
  if (at >= 0) choose(card, at);
  return row ? row.slider.dataset.input : card.names[0];
}

function inputRow(card) {
  const array = Array.isArray(values[card.id]), row = document.createElement(array ? "div" : "label");
  const slider = control("range", card.names[0], spoken(card, 0));
  const fields = card.names.map((name, k) => control("number", name, `${spoken(card, k)}, exact value`));
  row.className = array ? "input array" : "input";
  row.append(card.label, slider, ...(array ? [] : fields));
  if (!array) return row;
  const cells = document.createElement("div");
  cells.className = "cells";
  cells.style.gridTemplateColumns = `repeat(${card.columns}, 5em)`;
  cells.setAttribute("role", "group");
  cells.setAttribute("aria-label", card.label);
  cells.append(...fields);
  fields.forEach((field, k) => field.addEventListener("focus", () => choose(card, k)));
  row.append(cells);
  sliders.set(card, { slider, fields });
  choose(card, 0);
  return row;
}

$("inputs").hidden = !draggable.length;
$("inputs").append(...draggable.filter(card => card.names.length).map(inputRow));
