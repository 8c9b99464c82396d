// Conveniences of the shell: colours, hidden amounts, keys, menus, busy marks. Every page works without it.
(function () {
  "use strict";
  var root = document.documentElement;

  function keep(name, value) {
    // A cookie, so that the server draws the next page right from the start.
    document.cookie = name + "=" + value + ";path=/;max-age=31536000;samesite=lax" + (location.protocol === "https:" ? ";secure" : "");
  }
  function stored(key) { try { return localStorage.getItem(key); } catch (e) { return null; } }
  function store(key, value) { try { localStorage.setItem(key, value); } catch (e) { /* private window */ } }
  function each(selector, act) { document.querySelectorAll(selector).forEach(act); }

  // -- colours and amounts ----------------------------------------------------------------------
  function setTheme(value) {
    if (value === "light" || value === "dark") root.setAttribute("data-theme", value);
    else root.removeAttribute("data-theme");
    each("[data-set-theme]", function (button) {
      button.setAttribute("aria-pressed", String(button.getAttribute("data-set-theme") === value));
    });
    root.dispatchEvent(new CustomEvent("themechange", { bubbles: true }));
  }
  function keepTheme(value) {
    // With the sign-in too, for their other devices; the cookie has this one's next page right already.
    var place = document.querySelector("[data-keep-theme]");
    var headers = JSON.parse(document.body.getAttribute("hx-headers:inherited") || "{}");
    if (place) fetch(place.getAttribute("data-keep-theme"), {
      method: "POST", headers: headers, body: new URLSearchParams({ theme: value }), keepalive: true
    }).catch(function () { /* kept on this device */ });
  }
  function setHidden(on) {
    root.toggleAttribute("data-hide", on);
    each("[data-hide-amounts]", function (button) { button.setAttribute("aria-pressed", String(on)); });
  }

  document.addEventListener("click", function (event) {
    var target = event.target.closest("[data-set-theme], [data-hide-amounts], [data-copy], [data-keys-close], [data-keys-switch], [data-keys-open]");
    if (target) {
      if (target.hasAttribute("data-set-theme")) {
        keep("theme", target.getAttribute("data-set-theme"));
        setTheme(target.getAttribute("data-set-theme"));
        keepTheme(target.getAttribute("data-set-theme"));
      } else if (target.hasAttribute("data-hide-amounts")) {
        var on = !root.hasAttribute("data-hide");
        keep("hide", on ? "1" : "0");
        setHidden(on);
      } else if (target.hasAttribute("data-copy")) {
        var source = document.getElementById(target.getAttribute("data-copy"));
        if (source && navigator.clipboard) navigator.clipboard.writeText(source.textContent.trim());
      } else if (target.hasAttribute("data-keys-close")) keysDialog().close();
      else if (target.hasAttribute("data-keys-open")) keysDialog().showModal();
      else switchKeys(target);
    }
    each("[data-menu][open]", function (menu) { if (!menu.contains(event.target)) menu.open = false; });
  });

  // -- keys -------------------------------------------------------------------------------------
  var waiting = 0;
  function keysDialog() { return document.querySelector("[data-keys]"); }
  function keysOff() { return stored("keys") === "off"; }
  function switchKeys(button) {
    store("keys", keysOff() ? "on" : "off");
    button.setAttribute("aria-pressed", String(keysOff()));
  }
  function follow(url) {
    var link = document.querySelector('.nav a[data-go="' + url + '"]');
    if (link) location.href = link.href;
  }
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      each("[data-menu][open]", function (menu) { menu.open = false; menu.querySelector("summary").focus(); });
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, [contenteditable]")) return;
    if (event.key === "?" && keysDialog()) {
      var off = keysDialog().querySelector("[data-keys-switch]");
      off.setAttribute("aria-pressed", String(keysOff()));
      keysDialog().showModal();
      return event.preventDefault();
    }
    if (keysOff()) return;
    var now = Date.now();
    if (event.key === "/") {
      var box = document.querySelector("[data-search]");
      var jump = document.querySelector("[data-jump]");
      if (box) box.focus();
      else if (jump) location.href = jump.href;
      else return;
      event.preventDefault();
    } else if (event.key === "g") waiting = now;
    else if (now - waiting < 1500) {
      waiting = 0;
      follow(event.key);
    }
  });

  // -- while a part of the page is fetched ------------------------------------------------------
  function busy(event, on) {
    var detail = event.detail || {};
    var target = detail.ctx && detail.ctx.target;
    if (target && target.setAttribute) {
      if (on) target.setAttribute("aria-busy", "true");
      else target.removeAttribute("aria-busy");
    }
  }
  document.addEventListener("htmx:before:request", function (event) { busy(event, true); });
  document.addEventListener("htmx:finally:request", function (event) { busy(event, false); });

  function ready() {
    if (location.hash === "#search") {
      var box = document.querySelector("[data-search]");
      if (box) box.focus();
    }
  }
  // A filter's address names what is chosen, not what is left open.
  document.addEventListener("formdata", function (event) {
    if (!event.target.hasAttribute("data-auto")) return;
    Array.from(event.formData.entries()).forEach(function (entry) { if (entry[1] === "") event.formData.delete(entry[0]); });
  });
  document.addEventListener("change", function (event) {
    var select = event.target.closest("select[data-submit]");
    if (select && select.form && !select.hasAttribute("hx-post") && !select.form.hasAttribute("hx-post")) select.form.requestSubmit();
    var all = event.target.closest("[data-check-all]");
    if (all) each('input[type="checkbox"][name="' + all.getAttribute("data-check-all") + '"]', function (box) { box.checked = all.checked; });
  });
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready);
  else ready();
})();
