// A lesson keeps its length: when its start is changed, its end moves along. Both can be typed all the same.
const form = document.querySelector(".lesson-form");
const starts = form?.elements.namedItem("starts");
const ends = form?.elements.namedItem("ends");

const minutes = (clock) => {
  const [hours, rest] = clock.split(":").map(Number);
  return hours * 60 + rest;
};
const clock = (total) => `${String(Math.floor(total / 60)).padStart(2, "0")}:${String(total % 60).padStart(2, "0")}`;

if (starts && ends && starts.value && ends.value) {
  let length = minutes(ends.value) - minutes(starts.value);
  starts.addEventListener("input", () => {
    const end = minutes(starts.value || "") + length;
    if (length > 0 && end < 24 * 60) ends.value = clock(end);
  });
  ends.addEventListener("input", () => {
    if (starts.value && ends.value) length = minutes(ends.value) - minutes(starts.value);
  });
}
