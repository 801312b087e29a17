// Menus are <details>; Escape or a press elsewhere closes them, and one opens at a time.
const open = () => document.querySelectorAll("details.js-menu[open]");
let listening = false;

function listen() {
  if (listening) return;
  listening = true;
  document.addEventListener("click", (event) => {
    for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}

export function enhanceMenus(root) {
  listen();
  for (const menu of root.querySelectorAll("details.js-menu")) {
    menu.addEventListener("toggle", () => {
      if (menu.open) for (const other of open()) if (other !== menu && !other.contains(menu)) other.open = false;
    });
  }
}
