// Predict mode: what a frame brings is hidden until the viewer has said it, as a number or as a formula.
const FUNCTIONS = {
  sin: Math.sin, cos: Math.cos, tan: Math.tan, exp: Math.exp, log: Math.log, ln: Math.log, sqrt: Math.sqrt,
  tanh: Math.tanh, sinh: Math.sinh, cosh: Math.cosh, abs: Math.abs, atan: Math.atan, asin: Math.asin, acos: Math.acos,
  sigmoid: x => 1 / (1 + Math.exp(-x)), relu: x => Math.max(x, 0), cbrt: Math.cbrt, log2: Math.log2, log10: Math.log10,
};

// A small calculator over the names of the graph: + - * / ** ^, parentheses, functions. Anything else is refused.
function calculate(text, names) {
  const tokens = text.replace(/[−–]/g, "-").replace(/[·×]/g, "*").match(/\*\*|\d+\.?\d*(?:e[-+]?\d+)?|\.\d+|[A-Za-z_]\w*|\S/g) || [];
  let at = 0;
  const take = sign => tokens[at] === sign && ++at > 0;
  const fail = what => { throw new Error(what ? `“${what}” is not understood here` : "something is missing at the end"); };
  function sum() {
    let left = product();
    for (;;) {
      if (take("+")) left += product();
      else if (take("-")) left -= product();
      else return left;
    }
  }
  function product() {
    let left = signed();
    for (;;) {
      if (take("*")) left *= signed();
      else if (take("/")) left /= signed();
      else return left;
    }
  }
  const signed = () => take("-") ? -signed() : take("+") ? signed() : power();
  function power() {
    const base = atom();
    return take("**") || take("^") ? base ** signed() : base;
  }
  function atom() {
    const token = tokens[at++];
    if (token === undefined) fail();
    if (/^[\d.]/.test(token) && !Number.isNaN(Number(token))) return Number(token);
    if (token === "(") { const inside = sum(); return take(")") ? inside : fail(tokens[at]); }
    if (Object.hasOwn(FUNCTIONS, token) && take("(")) { const x = sum(); return take(")") ? FUNCTIONS[token](x) : fail(tokens[at]); }
    return Object.hasOwn(names, token) ? names[token] : fail(token);
  }
  const result = sum();
  return at < tokens.length ? fail(tokens[at]) : result;
}

// Everything the viewer may name: nodes, and their adjoints as name_bar.
function nameable() {
  const names = { pi: Math.PI, e: Math.E };
  for (const card of FILM.cards.filter(card => typeof values[card.id] === "number")) {
    names[card.label] = values[card.id];
    if (card.adjoint >= 0) names[card.label + "_bar"] = slopes[card.adjoint];
  }
  return names;
}

// Right to the digits that are shown: half a unit of the fourth, or 1 %, whichever is kinder to a rounded intermediate.
const agrees = (guess, truth) => guess === truth || Math.abs(guess - truth) <= Math.max(0.01 * Math.abs(truth), 5e-5);
