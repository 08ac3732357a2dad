"use strict";
// Sort the segments of one list by the chosen key; the page is complete and readable without this.
for (const select of document.querySelectorAll("select[data-list]")) {
  select.addEventListener("change", () => {
    const list = document.getElementById(select.dataset.list);
    const [key, direction] = select.value.split(" ");
    const sign = direction === "down" ? -1 : 1;
    const value = (item) => Number(item.dataset[key]);
    const items = Array.from(list.children).sort((a, b) => sign * (value(a) - value(b)));
    list.append(...items);
  });
  select.closest(".controls").hidden = false;
}
