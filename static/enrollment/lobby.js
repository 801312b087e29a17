// The opening lobby: the server's clock, the button that becomes active by itself, and pages that wait for a result.
// The clock goes by the time that has passed since the page was answered, never by the clock of the device.

const AFTER_SLEEP = 60_000; // milliseconds: a page hidden for longer is loaded anew, its clock may have stood still
const A_MOMENT = 200; // milliseconds after the opening, so that no press comes too early
const SOON = 60_000;

const form = document.querySelector(".lobby-send");
const clock = document.querySelector(".js-clock");

function answeredAt() {
  const [navigation] = performance.getEntriesByType("navigation");
  return navigation?.responseStart || 0;
}

if (form) {
  const opensAt = Number(form.dataset.opensAt || 0) * 1000;
  const start = Number(form.dataset.now) * 1000 - answeredAt();
  const button = form.querySelector("button");
  const status = form.querySelector("[role=status]");
  const words = new Intl.DateTimeFormat("lv", { timeZone: "Europe/Riga", hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const told = new Set(); // what the clock tells it tells once, so that the answer to a press stays

  const now = () => start + performance.now();
  const isEarly = () => opensAt > 0 && now() < opensAt + A_MOMENT;

  const tell = (what) => {
    status.textContent = status.dataset[what];
  };
  const tellOnce = (what) => {
    if (!told.has(what)) tell(what);
    told.add(what);
  };

  const show = () => {
    if (clock) clock.textContent = words.format(new Date(now()));
    if (!opensAt) return;
    if (isEarly()) {
      button.setAttribute("aria-disabled", "true");
      if (opensAt - now() < SOON) tellOnce("soon");
      return;
    }
    if (button.hasAttribute("aria-disabled")) {
      button.removeAttribute("aria-disabled");
      tellOnce("opened");
      for (const one of document.querySelectorAll(".js-before")) one.hidden = true;
      for (const one of document.querySelectorAll(".js-opened")) one.hidden = false;
    }
  };

  // Before the script that lets a form be sent once, which would take a press before the opening for the one.
  form.addEventListener(
    "submit",
    (event) => {
      if (!isEarly()) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      tell("early");
    },
    { capture: true },
  );

  show();
  setInterval(show, 200);
}

let hiddenSince = 0;
document.addEventListener("visibilitychange", () => {
  if (document.hidden) hiddenSince = Date.now();
  else if (hiddenSince && Date.now() - hiddenSince > AFTER_SLEEP) location.reload();
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload(); // Back: what was sent meanwhile is no longer prepared
});

// While something is being decided: ask now and then, and load the page anew only when the answer is there.
const processing = document.querySelector("[data-processing]");
if (processing) {
  let seconds = Number(processing.dataset.processing);
  const ask = async () => {
    if (!document.hidden) {
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        if (answer.ok && !page.querySelector("[data-processing]")) return location.reload();
      } catch {
        // No network for the moment: the next attempt will tell.
      }
    }
    seconds = Math.min(seconds * 1.5, 30);
    setTimeout(ask, seconds * 1000);
  };
  setTimeout(ask, seconds * 1000);
}
