// Answers, a line for a line: what Misskey's parser and Hollo's renderer make of a text.
import { createInterface } from "node:readline";
import { hashtag } from "@fedify/markdown-it-hashtag";
import { mention } from "@fedify/markdown-it-mention";
import MarkdownIt from "markdown-it";
import * as mfm from "mfm-js";

// as in https://github.com/fedify-dev/hollo/blob/main/src/text.ts
const hollo = new MarkdownIt({ linkify: true, html: false })
  .use(mention, {})
  .use(hashtag, {});

function nodes(tree) {
  return tree.flatMap((node) => [
    { type: node.type, ...node.props },
    ...(node.children ? nodes(node.children) : []),
  ]);
}

for await (const line of createInterface({ input: process.stdin })) {
  const text = JSON.parse(line);
  const env = { mentions: [], hashtags: [] };
  const html = hollo.render(text, env);
  const misskey = nodes(mfm.parse(text));
  console.log(JSON.stringify({ misskey, hollo: { html, ...env } }));
}
