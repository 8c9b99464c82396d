// The API's description in the colours that were chosen for all pages, or in those of the device.
(function () {
  "use strict";
  var root = document.documentElement;
  var device = matchMedia("(prefers-color-scheme: dark)");

  function paint() {
    var chosen = root.getAttribute("data-theme");
    root.classList.toggle("dark-mode", chosen === "dark" || (chosen !== "light" && device.matches));
  }
  paint();
  device.addEventListener("change", paint);
})();
