// The desk's keyboard: "/" searches, J and K walk rows, letters press what is marked with data-key.
// Never active while somebody types; can be switched off on each computer. Everything works without it.

const isTyping = (target) => target instanceof Element && target.closest("input, textarea, select, [contenteditable]");
const openDialog = () => document.querySelector("dialog[open]");

// -- Memory of this computer; a browser that refuses it changes nothing --------------------------
function recall(store, name) {
  try { return store.getItem(name); } catch { return null; }
}
function remember(store, name, value) {
  try { store.setItem(name, value); } catch { /* private window */ }
}
const keysAreOn = () => recall(localStorage, "desk-keys") !== "off";

// -- Rows -------------------------------------------------------------------------------------
const rowLink = (row) => row.querySelector("a.js-open, th a, a");
const rows = () => [...document.querySelectorAll("main .js-row, main .js-result")].filter((row) => row.offsetParent);

function walk(step) {
  const all = rows();
  if (!all.length) return;
  const here = all.findIndex((row) => row === document.activeElement || row.contains(document.activeElement) || row.classList.contains("is-current"));
  const at = here < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, here + step));
  for (const row of all) row.classList.remove("is-current");
  all[at].classList.add("is-current");
  const focusable = all[at].matches("a") ? all[at] : rowLink(all[at]);
  if (focusable) focusable.focus({ preventScroll: true });
  all[at].scrollIntoView({ block: "nearest" });
}

function pressed(key) {
  const marked = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find((one) => one.offsetParent);
  if (!marked) return false;
  if (marked.matches("input")) marked.focus();
  else marked.click();
  return true;
}

// -- Palette ------------------------------------------------------------------------------------
const palette = document.getElementById("palette");

function openPalette() {
  if (!palette || palette.open) return;
  palette.showModal();
  palette.querySelector("input").select();
}

function search() {
  const own = document.querySelector("main input.js-search, main input[data-key='/']");
  if (own) { own.focus(); own.select(); }
  else openPalette();
}

// In a search box the arrows choose among the results and Enter opens the chosen one.
function enhanceSearch(input, results) {
  const items = () => [...results.querySelectorAll(".js-result")];
  const choose = (at) => items().forEach((item, index) => item.setAttribute("data-chosen", index === at ? "yes" : "no"));
  const chosen = () => items().findIndex((item) => item.dataset.chosen === "yes");
  const show = () => {
    for (const item of items()) item.classList.toggle("is-chosen", item.dataset.chosen === "yes");
    items()[chosen()]?.scrollIntoView({ block: "nearest" });
  };
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const last = items().length - 1;
      choose(Math.min(last, Math.max(0, chosen() + (event.key === "ArrowDown" ? 1 : -1))));
      show();
    } else if (event.key === "Enter" && items().length && results.dataset.of === input.value) {
      event.preventDefault();
      items()[Math.max(0, chosen())].click();
    }
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== results) return;
    results.dataset.of = input.value;
    choose(0);
    show();
  });
}

if (palette) {
  // Chromium's search field would only empty itself.
  palette.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    palette.close();
  });
  enhanceSearch(palette.querySelector("input"), document.getElementById("palette-results"));
  document.querySelector(".js-palette input")?.addEventListener("focus", (event) => {
    if (!keysAreOn()) return;
    event.target.blur();
    openPalette();
  });
}
const pageSearch = document.querySelector("main input.js-search");
if (pageSearch) {
  pageSearch.setSelectionRange(pageSearch.value.length, pageSearch.value.length);
  enhanceSearch(pageSearch, document.getElementById("results"));
}

// -- Choosing a group ------------------------------------------------------------------------------
const filter = document.querySelector("input.js-choose");
const chooser = document.querySelector("form.js-chooser");
if (filter && chooser) {
  const fold = (text) => text.toLocaleLowerCase("lv").normalize("NFKD").replace(/\p{M}/gu, "").trim();
  const groups = [...chooser.querySelectorAll("tr[data-search]")];
  const radios = () => groups.filter((row) => !row.hidden).map((row) => row.querySelector("input")).filter((radio) => radio?.offsetParent);
  const narrow = () => {
    const words = fold(filter.value).split(/\s+/).filter(Boolean);
    for (const row of groups) row.hidden = !words.every((word) => row.dataset.search.includes(word));
    const nothing = chooser.querySelector(".js-nothing");
    if (nothing) nothing.hidden = groups.some((row) => !row.hidden && row.closest("tbody") === nothing.closest("tbody"));
    if (radios().some((radio) => radio.checked)) return;
    const first = radios().find((radio) => !radio.closest("details"));
    for (const radio of chooser.querySelectorAll("input[name=run]")) radio.checked = radio === first;
  };
  filter.addEventListener("input", narrow);
  filter.form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (radios().some((radio) => radio.checked)) chooser.requestSubmit();
  });
  filter.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const shown = radios();
    const at = shown.findIndex((radio) => radio.checked) + (event.key === "ArrowDown" ? 1 : -1);
    if (shown[at]) {
      shown[at].checked = true;
      shown[at].closest("tr").scrollIntoView({ block: "nearest" });
    }
  });
  chooser.addEventListener("click", (event) => {
    const radio = event.target.closest("tr[data-search]")?.querySelector("input[name=run]");
    if (radio && !event.target.closest("input, label, a, button")) radio.checked = true;
  });
  narrow();
}

// -- Shade: initials instead of names, until pressed again --------------------------------------------
const initials = (name) => name.trim().split(/\s+/).map((word) => word[0] + ".").join(" ");
function shade(root = document) {
  const isOn = recall(sessionStorage, "desk-shade") === "on";
  document.documentElement.classList.toggle("shaded", isOn);
  for (const button of document.querySelectorAll(".js-shade")) button.setAttribute("aria-pressed", String(isOn));
  for (const person of root.querySelectorAll(".person")) {
    if (isOn && !person.dataset.shaded) {
      person.dataset.shaded = person.innerHTML;
      person.textContent = initials(person.textContent);
    } else if (!isOn && person.dataset.shaded) {
      person.innerHTML = person.dataset.shaded;
      delete person.dataset.shaded;
    }
  }
}
function toggleShade() {
  remember(sessionStorage, "desk-shade", recall(sessionStorage, "desk-shade") === "on" ? "off" : "on");
  shade();
}
shade();
document.addEventListener("htmx:afterSwap", (event) => shade(event.detail.target));
for (const button of document.querySelectorAll(".js-shade")) button.addEventListener("click", toggleShade);

// -- Inspector: the chosen row stays marked, and the focus goes to what was opened ---------------------
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "inspector") return;
  const wanted = new URL(event.detail.pathInfo.requestPath, location.href).searchParams.get("who");
  for (const row of document.querySelectorAll("tr.js-row")) {
    row.classList.toggle("selected", row.id === `row-${wanted}`);
    if (row.id !== `row-${wanted}`) row.classList.remove("is-current");
  }
  if (!matchMedia("(min-width: 1280px)").matches) event.detail.target.scrollIntoView();  // it stands below the list
});

// -- Keys -------------------------------------------------------------------------------------------
const keys = document.getElementById("keys");
for (const button of document.querySelectorAll(".js-keys")) button.addEventListener("click", () => keys?.showModal());
const switchOff = document.querySelector(".js-keys-on");
if (switchOff) {
  switchOff.checked = keysAreOn();
  switchOff.addEventListener("change", () => remember(localStorage, "desk-keys", switchOff.checked ? "on" : "off"));
}

let afterG = 0;
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey && !event.altKey && !event.metaKey && (event.key === "k" || event.key === ".")) {
    event.preventDefault();
    if (event.key === "k") openPalette();
    else toggleShade();
    return;
  }
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || openDialog() || isTyping(event.target) || !keysAreOn()) return;
  const key = event.key.toLowerCase();
  if (afterG && Date.now() - afterG < 1500) {
    afterG = 0;
    const hint = [...document.querySelectorAll(".rail-nav a kbd")].find((one) => one.textContent === `G ${key.toUpperCase()}`);
    if (hint) { event.preventDefault(); hint.closest("a").click(); return; }
  }
  const actions = {
    "/": search,
    "?": () => keys?.showModal(),
    g: () => { afterG = Date.now(); },
    j: () => walk(1), arrowdown: event.target.closest?.(".js-row, .js-result") ? () => walk(1) : null,
    k: () => walk(-1), arrowup: event.target.closest?.(".js-row, .js-result") ? () => walk(-1) : null,
  };
  if (actions[key]) { event.preventDefault(); actions[key](); }
  else if (key.length === 1 || key === "escape") { if (pressed(key)) event.preventDefault(); }
});
