// Counts the characters of a text while it is written, as its server will. The server checks again.
"use strict";

{
  const link = /(?<![a-z0-9@＠$#＃])https?:\/\/[^\s<>"“”‘’「」『』【】《》〈〉（），。；：！？、…]+/giu;
  const mention = /(?<![=/\w])(@[a-z0-9_]+)@[a-z0-9.-]+[a-z0-9]/gi;
  const clusters = new Intl.Segmenter(undefined, { granularity: "grapheme" });
  const size = (text) => Array.from(clusters.segment(text)).length;

  for (const field of document.querySelectorAll("[data-count]")) {
    const place = document.getElementById(field.dataset.count);
    const output = place.querySelector("output");
    const { limit, perLink, spoiler } = field.dataset;
    const count = () => {
      let text = field.value.trim();
      if (perLink !== undefined) {
        text = text.replace(link, "x".repeat(Number(perLink)));
      }
      const length = size(text.replace(mention, "$1")) + size(spoiler);
      output.value = length;
      place.classList.toggle("warm", length > Number(limit));
    };
    field.addEventListener("input", count);
  }
}
