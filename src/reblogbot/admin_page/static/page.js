// Makes the page quicker. Everything works without it.
//
// An element with an `id` and `data-live` is kept as the server would show it now; the value of
// `data-live` names the events that it follows ("store" for none). Keys: j and k stop at each
// `data-row`; in it o, r and e press `data-open`, `data-release` and `data-edit`; "/" goes to
// `data-search`. `data-all="NAME"` ticks all boxes of that name in its form, `data-unsaved` is a
// form whose text must not be lost, `data-confirm` a question, `data-script` hidden without script.
"use strict";

const data = document.body.dataset;
const main = document.getElementById("main");
const hint = document.getElementById("hint");
const TYPED = "input:not([type=checkbox], [type=radio], [type=hidden]), textarea, select";
const LIVE = "[data-live][id]";

const all = (selector, root = document) => [...root.querySelectorAll(selector)];

const setCookie = (name, value) =>
  (document.cookie = `${name}=${value}; path=${data.prefix}; max-age=31536000; samesite=strict`);

// The server shows times in the zone of the browser.
setCookie("zone", Intl.DateTimeFormat().resolvedOptions().timeZone);

all("[data-script]").forEach((element) => (element.hidden = false));

// hints: screen readers say them politely, and they go after a while

let hintTimer = 0;

function tell(text, stays = false) {
  clearTimeout(hintTimer);
  hint.textContent = text;
  hintTimer = stays ? 0 : setTimeout(() => (hint.textContent = ""), 4000);
}

// Not every screen reader reads an error out that was on the page from the start.
const error = document.querySelector(".message.error");
if (error && document.activeElement === document.body) {
  error.tabIndex = -1;
  error.focus();
}

// relative times

const UNITS = [
  ["year", 31536000], ["month", 2592000], ["week", 604800], ["day", 86400], ["hour", 3600],
  ["minute", 60], ["second", 1],
];
const ages = new Intl.RelativeTimeFormat(document.documentElement.lang, { style: "narrow" });
let clockOffset = Date.parse(data.now) - Date.now();

/** @param {HTMLTimeElement} element */
function showAge(element) {
  const seconds = (Date.parse(element.dateTime) - Date.now() - clockOffset) / 1000;
  // the server chooses the unit in the same way
  const [unit, size] = UNITS.find((each) => Math.abs(seconds) / each[1] >= 2) || UNITS[6];
  const count = Math.max(1, Math.round(Math.abs(seconds) / size));
  element.textContent = ages.format(seconds < 0 ? -count : count, unit);
}

setInterval(() => document.hidden || all("time[data-ago]").forEach(showAge), 10000);

// live parts

/** Whether the field has another text than the server wrote. */
function isDirty(field) {
  if (!field.matches(TYPED)) {
    return false;
  }
  const options = field.matches("select") ? [...field.options] : [];
  return options.some((option) => option.defaultSelected)
    ? options.some((option) => option.selected !== option.defaultSelected)
    : !options.length && field.value !== field.defaultValue;
}

const isTyped = (field) => isDirty(field) || (field.matches(TYPED) && field === document.activeElement);

/** Whether a person writes in the element, so that it must stay as it is. */
function isInUse(element) {
  const isWhole = element.matches("form:not([data-rows]), [data-keep]");
  return isTyped(element) || element.matches("dialog[open]") || (isWhole && all(TYPED, element).some(isTyped));
}

/** Whether an attribute is the browser's: what is opened stays open. */
const isOwn = (element, name) =>
  ["open", "tabindex", "data-sent"].includes(name) ||
  (name === "hidden" && element.matches("[data-script]")) ||
  (name === "disabled" && element.form?.matches("[data-sent]"));

function adoptAttributes(element, news) {
  let changed = false;
  for (const name of new Set([...element.getAttributeNames(), ...news.getAttributeNames()])) {
    const value = news.getAttribute(name);
    if (element.getAttribute(name) !== value && !isOwn(element, name)) {
      value === null ? element.removeAttribute(name) : element.setAttribute(name, value);
      changed = true;
    }
  }
  return changed;
}

/**
 * Makes an element equal to `news`, and keeps its nodes, and so focus, scroll, ticks and text.
 * Returns whether anything has changed, ages apart.
 */
function adopt(element, news) {
  if (isInUse(element)) {
    return false;
  }
  if (element.matches("time[data-ago]")) {
    element.dateTime = news.dateTime;
    element.title = news.title;
    showAge(element);
    return false;
  }
  let changed = adoptAttributes(element, news);
  const ids = new Set([...news.children].map((each) => each.id));
  let old = element.firstChild;
  for (const node of [...news.childNodes]) {
    const match = matching(old, node);
    while (match && old !== match && !(old.id && ids.has(old.id))) {
      old = skip(old);
      changed = true;
    }
    if (!match) {
      element.insertBefore(document.importNode(node, true), old);
      changed = true;
      continue;
    }
    if (match === old) {
      old = old.nextSibling;
    } else {
      element.insertBefore(match, old);
    }
    if (match.nodeType === Node.ELEMENT_NODE) {
      changed = adopt(match, node) || changed;
    } else if (match.nodeValue.trim() !== node.nodeValue.trim()) {
      match.nodeValue = node.nodeValue;
      changed = true;
    }
  }
  while (old) {
    changed = old.nodeType === Node.ELEMENT_NODE || changed;
    old = skip(old);
  }
  return changed;
}

/** The node, from `old` on, that becomes `node`: by its id, or else of the same kind. */
function matching(old, node) {
  if (node.id) {
    while (old && !(old.id === node.id && old.nodeName === node.nodeName)) {
      old = old.nextSibling;
    }
    return old;
  }
  return old && old.nodeName === node.nodeName && !old.id ? old : null;
}

/** Removes a node, unless a person writes in it; returns the next one. */
function skip(node) {
  const next = node.nextSibling;
  const fields = node.nodeType === Node.ELEMENT_NODE ? [node, ...all(TYPED, node)] : [];
  if (!fields.some(isTyped)) {
    if (node.contains(document.activeElement)) {
      main.focus({ preventScroll: true });
    }
    node.remove();
  }
  return next;
}

/** The events since the page was asked for last. */
let news = new Set();
let isAsking = false;
let isEnded = false;
let refreshTimer = 0;
let pause = 1000;

/** Asks for the page again soon. */
function refreshSoon(...events) {
  events.forEach((event) => news.add(event));
  if (news.size && !refreshTimer && !isAsking && !document.hidden && !isEnded) {
    refreshTimer = setTimeout(refresh, pause);
  }
}

const liveElements = (events) =>
  all(LIVE).filter(({ dataset }) => (dataset.live || "store").split(" ").some((each) => events.has(each)));

function refresh() {
  const events = news;
  news = new Set();
  refreshTimer = 0;
  if (!liveElements(events).length) {
    return;
  }
  const request = new XMLHttpRequest();
  const start = Date.now();
  isAsking = true;
  request.open("GET", location.pathname + location.search);
  request.setRequestHeader("X-Live", "1");
  request.responseType = "document";
  request.timeout = 20000;
  request.onloadend = () => {
    isAsking = false;
    // a server that is slow is asked less often
    pause = Math.max(2000, 10 * (Date.now() - start));
    if (request.status !== 200 || !request.response) {
      tell(data.lost, true);
    } else if (new URL(request.responseURL).pathname !== location.pathname) {
      end();
    } else {
      swap(request.response, events);
    }
    refreshSoon();
  };
  request.send();
}

/** @param {Document} page @param {Set<string>} events */
function swap(page, events) {
  clockOffset = Date.parse(page.body.dataset.now) - Date.now();
  let changed = false;
  for (const element of liveElements(events)) {
    const next = page.getElementById(element.id);
    changed = (next && adopt(element, next)) || changed;
  }
  if (hint.textContent === data.lost) {
    tell("");
  }
  if (changed && events.has("store")) {
    tell(data.updated);
  }
}

/** The session has ended. */
function end() {
  isEnded = true;
  close();
  tell(data.ended, true);
}

let stream = null;
let pollTimer = 0;

function open() {
  if (data.events && !stream && !isEnded && document.querySelector(LIVE)) {
    stream = new EventSource(data.events);
    stream.onopen = () => clearInterval(pollTimer);
    stream.onerror = poll;
    stream.addEventListener("store", () => refreshSoon("store"));
    stream.addEventListener("log", () => refreshSoon("log"));
    stream.addEventListener("end", end);
  }
}

/** Without a stream the page asks every 15 seconds. */
function poll() {
  clearInterval(pollTimer);
  pollTimer = setInterval(() => refreshSoon("store", "log"), 15000);
}

function close() {
  clearInterval(pollTimer);
  stream?.close();
  stream = null;
}

// A page that nobody sees asks for nothing.
document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
addEventListener("pagehide", close);
addEventListener("pageshow", open);

// forms

document.addEventListener("submit", (event) => {
  const { target: form, submitter: button } = event;
  const question = button?.dataset.confirm || form.dataset.confirm;
  if (question && !confirm(question)) {
    event.preventDefault();
  } else if (form.method !== "dialog") {
    form.dataset.sent = "";
    // after the browser has taken the name and the value of the button
    setTimeout(() => button && (button.disabled = !event.defaultPrevented));
    setTimeout(enable, event.defaultPrevented ? 0 : 10000);
  }
});

/** The page is still there after a download, and again after the back button. */
function enable() {
  for (const form of all("form[data-sent]")) {
    delete form.dataset.sent;
    [...form.elements].filter((each) => each.matches("button")).forEach((each) => (each.disabled = false));
  }
}

addEventListener("pageshow", enable);

addEventListener("beforeunload", (event) => {
  const fields = all("form[data-unsaved]:not([data-sent])").flatMap((form) => [...form.elements]);
  if (fields.some((field) => isDirty(field) || field.checked !== field.defaultChecked)) {
    event.preventDefault();
  }
});

document.addEventListener("change", ({ target: box }) => {
  if (box.matches("[data-all]")) {
    const boxes = [...(box.form?.elements || [])].filter((each) => each.name === box.dataset.all);
    boxes.forEach((each) => (each.checked = box.checked));
  } else if (box.matches("[data-keys-switch]")) {
    usesKeys = box.checked;
    setCookie("keys", usesKeys ? "on" : "off");
  }
});

// keys

let usesKeys = !/(^|; )keys=off/.test(document.cookie);
all("[data-keys-switch]").forEach((box) => (box.checked = usesKeys));

document.addEventListener("click", (event) => {
  const sheet = document.querySelector("dialog#keys:has(dl)");
  if (sheet && event.target.closest("[data-opens=keys]")) {
    event.preventDefault();
    sheet.showModal();
  }
});

const currentRow = () => document.activeElement.closest("[data-row]");

/** Goes to the row so many rows from here. */
function move(step) {
  const rows = all("[data-row]", main).filter((row) => row.offsetParent);
  const index = rows.indexOf(currentRow());
  const row = index < 0 ? rows.at(step > 0 ? 0 : -1) : rows[index + step];
  if (row) {
    row.tabIndex = -1;
    row.focus();
  }
}

const press = (selector) => currentRow()?.querySelector(selector)?.click();

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  o: () => press("[data-open], a[href]"),
  x: () => press("input[type=checkbox]"),
  r: () => press("[data-release]"),
  e: () => press("[data-edit]"),
  "/": () => main.querySelector("[data-search], input[type=search]")?.select(),
  "?": () => document.querySelector("[data-opens=keys]")?.click(),
};

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || document.querySelector("dialog[open]")) {
    return;
  }
  if (key === "Escape") {
    target.blur();
  } else if (usesKeys && !target.matches(TYPED) && !target.isContentEditable) {
    const page = all("nav [data-key]").find((link) => link.dataset.key === key);
    const action = key === "Enter" && target.matches("[data-row]") ? KEYS.o : Object.hasOwn(KEYS, key) && KEYS[key];
    if (action) {
      event.preventDefault();
      action();
    } else {
      page?.click();
    }
  }
});

// The number of a line leads to that line in the editor.
{
  const editor = document.querySelector("textarea.whole");
  const select = (number) => {
    const lines = editor.value.split("\n");
    const start = lines.slice(0, number - 1).reduce((length, line) => length + line.length + 1, 0);
    editor.focus();
    editor.setSelectionRange(start, start + (lines[number - 1] ?? "").length);
    editor.scrollTop = (editor.scrollHeight / lines.length) * (number - 5);
  };
  if (editor) {
    document.addEventListener("click", (event) => {
      const number = Number(event.target.dataset?.line);
      if (number) {
        event.preventDefault();
        select(number);
      }
    });
    const number = Number(new URLSearchParams(location.search).get("line"));
    if (number) {
      select(number);
    }
  }
}
