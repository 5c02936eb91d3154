// A picture whose type would be too small when it is shown whole is shown close up: it follows what is at work, and the
// statement and the rule, which would be out of sight, stand above and below.
const HALL = 20 / 1920, LEGIBLE = 0.8; // a letter's pixels for each of the window's, and pixels a point on any screen
const stage = $("stage");

const script = label => Math.min(1, ...label[1].map(glyph => glyph[3]));
// The size of the smallest letter, in points; scripts count by their own.
const letter = ([, phrase, , , size, , room]) => {
  const label = lineLabel(phrase, values);
  return Math.min(size, room * EM / (label[0] || 1)) * script(label);
};
const smallest = Math.min(...FILM.shapes.filter(shape => shape[0] === "i").map(letter));
const DOZEN = 12, large = FILM.cards.length > DOZEN || FILM.cards.some(card => card.columns); // else the picture is loved whole
let whole = false; // as somebody wants it

function fit() {
  const fits = Math.min(stage.clientWidth / width, (innerHeight - 160) / height);
  const close = !FILM.cards.length ? 0 : large ? Math.max(LEGIBLE, HALL * innerWidth / smallest) : LEGIBLE;
  const near = !whole && fits < close;
  stage.classList.toggle("close", near);
  picture.style.width = near ? `${close * width}px` : "";
  for (const id of ["statement", "rule"]) $(id).hidden = !near;
}

const lineAt = (shape, lit = [], second = "") => {
  const given = forward(FILM.frames[state.k]) ? values : slopes, wanted = HALL * innerWidth / script(lineLabel(shape[1], given));
  const drawn = equation(shape[1], given, Math.max(16, 1.6 * HALL * innerWidth, wanted), lit, second);
  drawn.style.color = role(shape[5]);
  return drawn;
};

// Bring what is at work into view, and nothing else moves: a picture stands still as long as it can.
function follow(frame) {
  if (!stage.classList.contains("close")) return;
  const inks = [...seen].map(s => FILM.shapes[s]).filter(shape => shape[0] === "i");
  $("statement").replaceChildren(...inks.filter(shape => shape[8]?.length).map(shape => lineAt(shape, shape[8], shape[9])));
  $("rule").replaceChildren(...inks.filter(shape => shape[3] > FILM.below && shape[4] === FILM.type).map(shape => lineAt(shape)));
  if (!frame.lit.length) return;
  const scale = picture.getBoundingClientRect().width / width, boxes = frame.lit.map(n => FILM.cards[n].box);
  const reach = axis => [scale * Math.min(...boxes.map(box => box[axis])), scale * Math.max(...boxes.map(box => box[axis] + box[axis + 2]))];
  stage.scrollLeft = brought(stage.scrollLeft, stage.clientWidth, ...reach(0));
  stage.scrollTop = brought(stage.scrollTop, stage.clientHeight, ...reach(1));
}
const brought = (at, room, from, to) => from >= at && to <= at + room ? at : Math.max(0, (from + to - room) / 2);
const turnWhole = () => { whole = !whole; fit(); refresh(); };
addEventListener("resize", () => { fit(); refresh(); });
fit();
