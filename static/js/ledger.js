// The category of a row stands alone, that of the chosen rows among first levels; on approach either offers
// all that the filter knows.
(function () {
  "use strict";
  function fill(event) {
    var select = event.target.closest && event.target.closest("select[data-categories]");
    var all = document.querySelector("select[data-all-categories]");
    if (!select || !all || select.dataset.full) return;
    select.dataset.full = "yes";
    var chosen = select.value;
    var options = Array.from(all.children).filter(function (child) { return child.tagName === "OPTGROUP" || child.value === "none"; });
    var none = Array.from(select.children).filter(function (child) { return child.value === ""; });
    select.replaceChildren.apply(select, none.concat(options.map(function (child) { return child.cloneNode(true); })));
    select.value = chosen;
  }
  // Before the list opens: by mouse, by finger, by keyboard.
  ["pointerover", "pointerdown", "focusin"].forEach(function (name) { document.addEventListener(name, fill); });
})();
