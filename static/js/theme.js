// Light or dark, kept in a cookie that the server reads, so that the next page comes without a flash.
const YEAR = 60 * 60 * 24 * 365;

function remember(theme) {
  const root = document.documentElement;
  const secure = location.protocol === "https:" ? "; secure" : "";
  if (theme === "system") {
    delete root.dataset.theme;
    document.cookie = `theme=; path=/; max-age=0; samesite=lax${secure}`;
  } else {
    root.dataset.theme = theme;
    document.cookie = `theme=${theme}; path=/; max-age=${YEAR}; samesite=lax${secure}`;
  }
  for (const choice of document.querySelectorAll("[data-theme-choice]")) {
    if (choice.dataset.themeChoice === theme) choice.setAttribute("aria-current", "true");
    else choice.removeAttribute("aria-current");
  }
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

export function enhanceTheme() {
  for (const choice of document.querySelectorAll("[data-theme-choice]")) {
    choice.addEventListener("click", (event) => {
      event.preventDefault();
      remember(choice.dataset.themeChoice);
    });
  }
  for (const toggle of document.querySelectorAll(".js-theme-toggle")) {
    toggle.addEventListener("click", (event) => {
      event.preventDefault();
      remember(isDark() ? "light" : "dark");
    });
  }
}
