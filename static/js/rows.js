// Choosing lines by keys, counting the chosen, and what is left over of a split. Every page works without it.
(function () {
  "use strict";
  function boxes() { return Array.from(document.querySelectorAll('.tx input[name="row"]')); }

  function count() {
    var place = document.querySelector("[data-chosen]");
    if (!place) return;
    var n = boxes().filter(function (box) { return box.checked; }).length;
    if (!place.dataset.none) place.dataset.none = place.textContent;
    place.textContent = n === 0 ? place.dataset.none : n === 1 ? place.dataset.one : place.dataset.many.replace("{n}", String(n));
  }

  // -- keys: j and k go from line to line, x ticks it --------------------------------------------
  function off() { try { return localStorage.getItem("keys") === "off"; } catch (e) { return false; } }
  function here() { return document.querySelector(".tx[aria-current]"); }
  function go(step) {
    var rows = Array.from(document.querySelectorAll(".tx"));
    if (!rows.length) return;
    var now = here();
    var at = now ? rows.indexOf(now) + step : step > 0 ? 0 : rows.length - 1;
    var next = rows[Math.max(0, Math.min(rows.length - 1, at))];
    if (now) now.removeAttribute("aria-current");
    next.setAttribute("aria-current", "true");
    next.scrollIntoView({ block: "nearest" });
    var link = next.querySelector(".name a");
    if (link) link.focus({ preventScroll: true });
  }
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || off()) return;
    if (event.target.closest("input:not([type=checkbox]), select, textarea, [contenteditable], dialog")) return;
    if (event.key === "j") go(1);
    else if (event.key === "k") go(-1);
    else if (event.key === "x" && here()) {
      var box = here().querySelector('input[name="row"]');
      if (!box) return;
      box.checked = !box.checked;
      box.dispatchEvent(new Event("change", { bubbles: true }));
    } else return;
    event.preventDefault();
  });

  // Shift takes all lines from the last one ticked.
  var last = null;
  document.addEventListener("click", function (event) {
    var box = event.target;
    if (box.matches && box.matches('.tx input[name="row"]')) {
      var all = boxes(), from = all.indexOf(last), to = all.indexOf(box);
      if (event.shiftKey && from >= 0) {
        all.slice(Math.min(from, to), Math.max(from, to) + 1).forEach(function (one) { one.checked = box.checked; });
        count();
      }
      last = box;
    } else if (event.target.closest && event.target.closest("[data-unchoose]")) setTimeout(count);
  });

  // -- what is left over -------------------------------------------------------------------------
  function figure(text) {
    text = text.trim().replace(/\u2212/g, "-").replace(/[ '\u2019]/g, "");
    var point = Math.max(text.lastIndexOf("."), text.lastIndexOf(","));
    if (point >= 0) text = text.slice(0, point).replace(/[.,]/g, "") + "." + text.slice(point + 1);
    return text === "" ? 0 : Number(text);
  }
  function rest() {
    var form = document.querySelector("form[data-whole]"), place = document.getElementById("rest");
    if (!form || !place) return;
    var decimals = Number(form.dataset.decimals), unit = Math.pow(10, decimals);
    // Whole cents, so that no binary fraction shows.
    var left = Math.round(Number(form.dataset.whole) * unit);
    form.querySelectorAll("[data-part]").forEach(function (box) { left -= Math.round(figure(box.value) * unit); });
    place.textContent = isNaN(left) ? "?" : (left < 0 ? "\u2212" : "") + (Math.abs(left) / unit).toFixed(decimals);
    place.classList.toggle("good", left === 0);
  }

  document.addEventListener("change", function (event) {
    if (event.target.name === "row") count();
  });
  document.addEventListener("input", function (event) {
    if (event.target.hasAttribute("data-part")) rest();
  });
})();
