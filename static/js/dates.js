// A whole date pasted into the first of three boxes is spread over them: 27.3.2016, 27/03/16, 2016-03-27.
export function splitDate(text) {
  const iso = text.trim().match(/^(\d{4})-(\d{1,2})-(\d{1,2})$/);
  if (iso) return [iso[3], iso[2], iso[1]];
  const usual = text.trim().match(/^(\d{1,2})[.\/\s-]+(\d{1,2})[.\/\s-]+(\d{2}|\d{4})\.?$/);
  return usual ? [usual[1], usual[2], usual[3]] : null;
}

export function enhanceDates(root) {
  for (const group of root.querySelectorAll(".js-date-boxes")) {
    const boxes = [...group.querySelectorAll("input")];
    group.addEventListener("paste", (event) => {
      const parts = splitDate(event.clipboardData?.getData("text") ?? "");
      if (!parts) return;
      event.preventDefault();
      boxes.forEach((box, index) => (box.value = parts[index]));
      boxes.at(-1).focus();
    });
    group.addEventListener("change", (event) => {
      const parts = splitDate(event.target.value);
      if (parts) boxes.forEach((box, index) => (box.value = parts[index]));
    });
  }
}
