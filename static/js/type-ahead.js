// <input list="…" class="js-type-ahead"> finds an entry without its diacritics: "2 vid" and "gimn" both match.
// The list is a <datalist>; without this module the browser's own matching works.
export const fold = (text) => text.toLocaleLowerCase("lv").normalize("NFKD").replace(/\p{M}/gu, "").replace(/[.\s]+/g, " ").trim();

for (const input of document.querySelectorAll("input.js-type-ahead[list]")) {
  const list = document.getElementById(input.getAttribute("list"));
  const entries = [...list.options].map((option) => ({ value: option.value, folded: fold(option.value) }));
  input.addEventListener("input", () => {
    const words = fold(input.value).split(" ").filter(Boolean);
    const matches = entries.filter((entry) => words.every((word) => entry.folded.includes(word)));
    list.replaceChildren(...matches.slice(0, 40).map((entry) => new Option(entry.value, entry.value)));
  });
  input.addEventListener("change", () => {
    const words = fold(input.value).split(" ").filter(Boolean);
    const matches = entries.filter((entry) => words.every((word) => entry.folded.includes(word)));
    if (matches.length === 1) input.value = matches[0].value;
  });
}
