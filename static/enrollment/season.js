// A press that does many groups does them part by part and says how far it is. Each part is whole or not done, and the next
// one goes on with what is missing: closed, broken off or pressed again, nothing is done twice. The end, and whatever
// stands in the way, is told by the page that the press leads to.
for (const form of document.querySelectorAll("form.js-parts")) {
  let started = false;
  form.addEventListener("submit", async (event) => {
    if (form.dataset.whole) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (started) return;
    started = true;
    const { submitter } = event;
    const data = new FormData(form, submitter);
    const box = form.querySelector(".so-far");
    const total = data.getAll("group").length;
    box.querySelector(".js-of").textContent = total;
    box.querySelector("progress").max = Math.max(total, 1);
    box.hidden = false;
    box.scrollIntoView({ block: "nearest" });
    form.setAttribute("aria-busy", "true");
    data.append("part", "1");
    const before = await inParts(form.getAttribute("action") || location.href, data, box);
    const field = Object.assign(document.createElement("input"), { type: "hidden", name: "before", value: before });
    form.append(field);
    form.dataset.whole = "yes";
    form.requestSubmit(submitter);
    window.addEventListener("pageshow", () => {
      // Back again by the back button: as if nothing had been pressed.
      field.remove();
      box.hidden = true;
      form.removeAttribute("aria-busy");
      delete form.dataset.whole;
      started = false;
    }, { once: true });
  }, { capture: true });
}

async function inParts(address, data, box) {
  let first = null;
  let shown = -1;
  for (;;) {
    let answer;
    try {
      answer = await fetch(address, { method: "POST", body: data, headers: { Accept: "application/json" } });
      if (!answer.ok || answer.redirected) break;
      answer = await answer.json();
    } catch {
      break;
    }
    first ??= answer.before;
    box.querySelector(".js-done").textContent = answer.done;
    box.querySelector(".js-of").textContent = answer.of;
    Object.assign(box.querySelector("progress"), { max: Math.max(answer.of, 1), value: answer.done });
    const moved = answer.done > shown;
    shown = answer.done;
    if (answer.done >= answer.of || !moved) break;
  }
  return first === null ? 0 : shown - first;
}
