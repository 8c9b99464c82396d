// Lets Plotly take over charts that the server has drawn. Desktop: when the page is idle.
// Touch: at the first touch of a chart. Without it the server's drawing and its table stay.
(function () {
  "use strict";
  var source = document.currentScript.getAttribute("data-plotly");
  var touch = matchMedia("(pointer: coarse)").matches;
  var saving = navigator.connection && navigator.connection.saveData;
  var loading = null;

  function load() {
    if (window.Plotly) return Promise.resolve(window.Plotly);
    if (!loading) {
      loading = new Promise(function (resolve, reject) {
        var script = document.createElement("script");
        script.src = source;
        script.onload = function () { resolve(window.Plotly); };
        script.onerror = reject;
        document.head.appendChild(script);
      });
    }
    return loading;
  }

  // "var(--in)" in the data becomes the colour that the page shows now.
  function coloured(value, style) {
    if (typeof value === "string") {
      var match = /^var\((--[a-z0-9-]+)\)$/.exec(value);
      if (!match) return value;
      var found = style.getPropertyValue(match[1]).trim();
      return /^var\(/.test(found) ? coloured(found, style) : found;
    }
    if (Array.isArray(value)) return value.map(function (item) { return coloured(item, style); });
    if (value && typeof value === "object") {
      var copy = {};
      Object.keys(value).forEach(function (key) { copy[key] = coloured(value[key], style); });
      return copy;
    }
    return value;
  }

  function draw(figure, Plotly) {
    var raw = document.getElementById(figure.getAttribute("data-plot"));
    if (!raw || figure.contains(document.activeElement) && document.activeElement.closest("svg")) return;
    var spec = JSON.parse(raw.textContent);
    var style = getComputedStyle(document.documentElement);
    var stage = figure.querySelector(".plot");
    var drawn = figure.querySelector(".drawn");
    if (!stage) {
      stage = document.createElement("div");
      stage.className = "plot";
      stage.setAttribute("aria-hidden", "true"); // the table below the chart is what readers get
      drawn.after(stage);
    }
    var height = drawn.getBoundingClientRect().height || stage.getBoundingClientRect().height || 320;
    var layout = coloured(spec.layout, style);
    var data = coloured(spec.data, style);
    if (spec.narrow && figure.clientWidth < 480) { // the same turn as the server's narrow drawing
      Object.keys(spec.narrow).forEach(function (axis) { Object.assign(layout[axis], spec.narrow[axis]); });
      layout.margin = { l: 44, r: 4, t: 8, b: 28 };
      data.forEach(function (trace) { if (trace.type === "bar") delete trace.text; });
    }
    layout.height = Math.max(200, Math.round(height));
    layout.font = { family: style.getPropertyValue("--font"), size: 13, color: style.getPropertyValue("--ink-2").trim() };
    layout.dragmode = touch ? false : layout.dragmode || "zoom";
    var options = { displayModeBar: false, responsive: true, scrollZoom: false, doubleClick: "reset", showTips: false, showSendToCloud: false, plotlyServerURL: "" };
    figure.classList.add("taken");
    return Plotly.react(stage, data, layout, options).then(function () {
      if (stage.dataset.bound) return;
      stage.dataset.bound = "yes";
      stage.on("plotly_click", function (event) {
        var trace = event.points[0] && event.points[0].customdata;
        if (typeof trace === "string" && trace) location.href = trace;
      });
    });
  }

  function take(figure) {
    if (figure.dataset.taken) return;
    figure.dataset.taken = "yes";
    load().then(function (Plotly) { return draw(figure, Plotly); }).catch(function () {
      figure.classList.remove("taken");
    });
  }

  function idle(act) {
    if (window.requestIdleCallback) requestIdleCallback(act, { timeout: 4000 });
    else setTimeout(act, 1200);
  }

  function find() {
    document.querySelectorAll("figure[data-plot]:not([data-seen])").forEach(function (figure) {
      figure.dataset.seen = "yes";
      var press = figure.querySelector("[data-explore]");
      if (press) press.addEventListener("click", function () { take(figure); });
      if (touch || saving) {
        var drawn = figure.querySelector(".drawn");
        if (drawn) drawn.addEventListener("touchstart", function () { take(figure); }, { once: true, passive: true });
      } else if ("IntersectionObserver" in window) {
        new IntersectionObserver(function (entries, observer) {
          if (!entries.some(function (entry) { return entry.isIntersecting; })) return;
          observer.disconnect();
          idle(function () { take(figure); });
        }, { rootMargin: "200px" }).observe(figure);
      } else idle(function () { take(figure); });
    });
  }

  function start() { if (document.querySelector("figure[data-plot]:not([data-seen])")) find(); }
  if (document.readyState === "complete") start();
  else addEventListener("load", start);
  // Parts of the page are swapped; the element that asked may be gone by then, so we watch the page.
  var waiting = false;
  new MutationObserver(function () {
    if (waiting) return;
    waiting = true;
    setTimeout(function () { waiting = false; start(); }, 100);
  }).observe(document.documentElement, { childList: true, subtree: true });
  document.addEventListener("themechange", function () {
    if (!window.Plotly) return;
    document.querySelectorAll("figure.taken").forEach(function (figure) { draw(figure, window.Plotly); });
  });
})();
