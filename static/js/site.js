// What every page gains from scripts. Everything works without them.
import { enhanceDates } from "./dates.js";
import { enhanceMenus } from "./menus.js";
import { enhanceTheme } from "./theme.js";

document.documentElement.classList.add("js");

function enhanceSteppers(root) {
  for (const stepper of root.querySelectorAll(".js-stepper")) {
    const input = stepper.querySelector("input");
    const refresh = () => {
      const value = Number(input.value || 0);
      for (const button of stepper.querySelectorAll("button")) {
        const next = value + Number(button.dataset.step);
        button.disabled = (input.min !== "" && next < Number(input.min)) || (input.max !== "" && next > Number(input.max));
      }
    };
    stepper.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-step]");
      if (!button) return;
      input.value = Number(input.value || 0) + Number(button.dataset.step);
      input.dispatchEvent(new Event("input", { bubbles: true }));
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
    input.addEventListener("input", refresh);
    refresh();
  }
}

// An undo bar stays until it is closed; nothing depends on being quick.
function enhanceDismissals(root) {
  for (const button of root.querySelectorAll(".js-dismiss")) {
    button.addEventListener("click", () => {
      const box = button.closest(".js-undo, .notice, dialog");
      if (box instanceof HTMLDialogElement) box.close();
      else box?.remove();
    });
  }
}

// <button data-dialog="id"> opens a <dialog>; a press on its backdrop closes it.
function enhanceDialogs(root) {
  for (const opener of root.querySelectorAll("[data-dialog]")) {
    const dialog = document.getElementById(opener.dataset.dialog);
    if (!(dialog instanceof HTMLDialogElement)) continue;
    opener.addEventListener("click", (event) => {
      event.preventDefault();
      dialog.showModal();
    });
  }
  for (const dialog of root.querySelectorAll("dialog")) {
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });
  }
}

// A form with .js-auto sends itself when a filter changes; its button is for those without scripts.
function enhanceAutoForms(root) {
  for (const form of root.querySelectorAll("form.js-auto")) {
    form.addEventListener("change", () => form.requestSubmit());
  }
}

// One press is enough: a second one while the answer is on its way changes nothing.
function enhanceSubmits(root) {
  for (const form of root.querySelectorAll("form[method=post]:not([data-hx-post], [hx-post])")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "yes";
    });
  }
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
}

// A copied address: <button data-copy="text" data-done="Nokopēts">.
function enhanceCopies(root) {
  for (const button of root.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      const words = button.querySelector("[data-words]") ?? button;
      if (button.dataset.done) words.textContent = button.dataset.done;
    });
  }
}

function enhancePrints(root) {
  for (const button of root.querySelectorAll(".js-print")) button.addEventListener("click", () => window.print());
}

export function enhance(root = document) {
  enhanceSteppers(root);
  enhanceDismissals(root);
  enhanceDialogs(root);
  enhanceAutoForms(root);
  enhanceSubmits(root);
  enhanceCopies(root);
  enhancePrints(root);
  enhanceDates(root);
  enhanceMenus(root);
  root.querySelector(".js-focus")?.focus();
}

enhance();
enhanceTheme();
document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt !== document.body) enhance(event.detail.elt);
});
