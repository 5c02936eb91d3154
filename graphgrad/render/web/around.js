// What is around the player: a deck or notebook that it is embedded in, its address, the system's theme, and paper.
const embedded = parent !== window;
const tell = message => { if (embedded) parent.postMessage({ graphgrad: "film", ...message }, "*"); };

// At the ends the keys go back to the deck, which would wait for them in vain.
function ended(key) {
  tell({ event: "ended", at: state.k ? "last" : "first", key });
  if (embedded) { document.activeElement.blur(); parent.focus(); }
}

const ORDERS = { step: ({ by = 1 }) => step(Number(by) || 0), go: ({ frame }) => { pause(); go((Number(frame) || 1) - 1); }, play, pause };
addEventListener("message", ({ source, data }) => {
  if (source === parent && data && Object.hasOwn(ORDERS, data.graphgrad)) ORDERS[data.graphgrad](data);
});

const addressed = () => (Number.parseInt(location.hash.slice(1), 10) || 1) - 1;
addEventListener("hashchange", () => { pause(); go(addressed()); });

// Light and dark as the system is, until a theme is chosen.
const darkness = matchMedia("(prefers-color-scheme: dark)");
const follows = FILM.theme === "light" && THEMES.includes("dark");
const themed = () => { if (follows && !state.chosen) setTheme(darkness.matches ? "dark" : "light"); };
darkness.addEventListener("change", themed);

// Paper has a page a frame.
addEventListener("beforeprint", () => {
  const { k } = state, pages = FILM.frames.map((frame, n) => {
    show(n, state.mode);
    const page = document.createElement("figure"), copy = picture.cloneNode(true), said = document.createElement("figcaption");
    copy.querySelectorAll(".off, .hit, defs").forEach(element => element.remove());
    copy.removeAttribute("style");
    said.textContent = sentence(frame);
    page.append(copy, said);
    return page;
  });
  $("pages").replaceChildren(...pages);
  go(k);
});
addEventListener("afterprint", () => $("pages").replaceChildren());

themed();
go(addressed());
tell({ event: "ready", frames: last + 1 });
new ResizeObserver(() => tell({ event: "height", height: Math.ceil(document.querySelector("main").getBoundingClientRect().height) }))
  .observe(document.querySelector("main"));
