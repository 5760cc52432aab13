// Makes the page quicker. Everything works without it.
"use strict";

// The server shows times in the zone of the browser.
{
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const path = document.body.dataset.prefix;
  document.cookie = `zone=${zone}; path=${path}; max-age=31536000; samesite=strict`;
}

// A change that cannot be undone is asked for once more.
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm || event.submitter?.dataset.confirm;
  if (question && !confirm(question)) {
    event.preventDefault();
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
