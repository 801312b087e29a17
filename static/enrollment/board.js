// The board's keyboard and its drag and drop. Without it every lesson is a link, and every move a form.

const board = document.querySelector(".js-board");
const page = document.querySelector(".board-page");
const STEP = 5; // minutes of a row
const SNAP = 3; // rows: a quarter of an hour

const keysAreOn = () => {
  try { return localStorage.getItem("desk-keys") !== "off"; } catch { return true; }
};
const isTyping = (target) => target instanceof Element && target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");

// -- Walking ------------------------------------------------------------------------------------
const lessons = () => [...board.querySelectorAll("a.board-block, a.board-row, .board-list a.cover")].filter((one) => one.offsetParent);

function centre(element) {
  const box = element.getBoundingClientRect();
  return [box.left + box.width / 2, box.top + Math.min(box.height, 24) / 2];
}

// The nearest lesson in that direction: sideways the next column counts most, up and down the same one.
function walk(dx, dy) {
  const all = lessons();
  const here = all.find((one) => one === document.activeElement) ?? null;
  if (!here) {
    all[0]?.focus();
    return;
  }
  const [x, y] = centre(here);
  let best = null;
  let least = Infinity;
  for (const one of all) {
    if (one === here) continue;
    const [ox, oy] = centre(one);
    const ahead = (ox - x) * dx + (oy - y) * dy;
    const aside = Math.abs((ox - x) * dy) + Math.abs((oy - y) * dx);
    if (ahead <= 4) continue;
    const distance = dx ? ahead * 3 + aside : ahead + aside * 3;
    if (distance < least) [best, least] = [one, distance];
  }
  if (best) {
    best.focus({ preventScroll: true });
    best.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}

const press = (name) => page.querySelector(`[data-board="${name}"]`)?.click();
const actions = {
  arrowleft: () => walk(-1, 0), arrowright: () => walk(1, 0), arrowup: () => walk(0, -1), arrowdown: () => walk(0, 1),
  j: () => press("j"), k: () => press("k"), t: () => press("t"),
};

// Before the desk's own keys, for which J and K are rows.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || event.isComposing) return;
  if (document.querySelector("dialog[open]") || isTyping(event.target) || !keysAreOn()) return;
  const key = event.key.toLowerCase();
  const inBoard = board.contains(event.target);
  if (key.startsWith("arrow") && !inBoard && event.target !== document.body) return; // boxes and the page keep theirs
  if (key === "m" && !document.querySelector("#inspector [data-key=m]") && inBoard) {
    openBeside(document.activeElement.href, true);
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  if (!actions[key]) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  actions[key]();
}, true);

// -- Beside the board ---------------------------------------------------------------------------
let wantsToMove = false;

function openBeside(address, toMove = false) {
  if (!address) return;
  wantsToMove = toMove;
  window.htmx.ajax("GET", address, { target: "#inspector", swap: "innerHTML show:none" }).then(() => history.replaceState(history.state, "", address));
}

function mark(pk) {
  for (const one of board.querySelectorAll(".is-open")) one.classList.remove("is-open");
  for (const one of board.querySelectorAll(`[data-lesson="${CSS.escape(pk)}"]`)) one.classList.add("is-open");
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "inspector") return;
  mark(new URL(event.detail.pathInfo.requestPath, location.href).searchParams.get("lesson") ?? "");
  if (wantsToMove) document.querySelector("#inspector [data-key=m]")?.click();
  wantsToMove = false;
});
mark(new URL(location.href).searchParams.get("lesson") ?? "");

document.addEventListener("click", (event) => {
  const close = event.target.closest("#inspector [data-key=escape]");
  if (!close || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const inspector = document.getElementById("inspector");
  const open = board.querySelector(".is-open");
  inspector.replaceChildren();
  history.replaceState(history.state, "", page.dataset.plain);
  mark("");
  open?.focus();
});

// -- Dragging -----------------------------------------------------------------------------------
let dragged = null; // {block, grip: rows between its top and the pointer}
const shadow = document.createElement("div");

function hourRow(column) {
  const wrap = column.closest(".board-wrap");
  return wrap ? parseFloat(getComputedStyle(wrap).getPropertyValue("--row")) : 0;
}

// Where in the column it would begin; null in a table of days, where the time stays.
function rowAt(column, y) {
  const height = hourRow(column);
  if (!height) return null;
  const row = (y - column.getBoundingClientRect().top) / height - dragged.grip;
  return Math.max(0, Math.round(row / SNAP) * SNAP);
}

function clock(column, row) {
  const minutes = Number(column.closest(".board-wrap").dataset.firstHour) * 60 + row * STEP;
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

for (const block of board.querySelectorAll("a[data-lesson]")) block.draggable = true;

board.addEventListener("dragstart", (event) => {
  const block = event.target.closest?.("a[data-lesson]");
  if (!block) return;
  const column = block.closest(".board-column");
  const height = hourRow(column);
  dragged = { block, grip: height ? (event.clientY - block.getBoundingClientRect().top) / height : 0 };
  block.classList.add("is-dragged");
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", block.dataset.lesson);
});

board.addEventListener("dragover", (event) => {
  const column = event.target.closest?.(".board-column");
  if (!dragged || !column) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "move";
  const row = rowAt(column, event.clientY);
  if (row === null) {
    for (const one of board.querySelectorAll(".is-target")) one.classList.remove("is-target");
    column.classList.add("is-target");
    return;
  }
  shadow.className = `board-drop from-${row} span-${dragged.block.dataset.rows}`;
  shadow.textContent = clock(column, row);
  if (shadow.parentElement !== column) column.append(shadow);
});

board.addEventListener("drop", (event) => {
  const column = event.target.closest?.(".board-column");
  if (!dragged || !column) return;
  event.preventDefault();
  const address = new URL(dragged.block.href);
  const row = rowAt(column, event.clientY);
  address.searchParams.set("to_day", column.dataset.day);
  if (row !== null) address.searchParams.set("to", clock(column, row));
  if (column.dataset.room) address.searchParams.set("to_room", column.dataset.room);
  dragged.block.focus({ preventScroll: true });
  openBeside(address.pathname + address.search);
});

board.addEventListener("dragend", () => {
  shadow.remove();
  for (const one of board.querySelectorAll(".is-dragged, .is-target")) one.classList.remove("is-dragged", "is-target");
  dragged = null;
});
