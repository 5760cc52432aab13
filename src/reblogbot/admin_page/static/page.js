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
