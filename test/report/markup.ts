import { expect } from "vitest";

/** Elements that HTML closes by itself. */
const VOID = ["meta", "link", "br", "hr", "img", "input"];

export interface Tag {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Start tags of a document whose tags are balanced; throws for one whose are not. */
export function startTags(markup: string): readonly Tag[] {
  const open: string[] = [];
  const tags: Tag[] = [];
  for (const [whole, closing, name = "", attributes = "", selfClosing] of withoutStyle(markup).matchAll(TAG)) {
    if (closing) {
      const last = open.pop();
      if (last !== name) throw new Error(`${whole} closes <${last ?? "nothing"}>`);
    } else {
      tags.push({ name, attributes: attributesOf(attributes) });
      if (!selfClosing && !VOID.includes(name)) open.push(name);
    }
  }
  if (open.length > 0) throw new Error(`not closed: ${open.join(", ")}`);
  const rest = withoutStyle(markup).replaceAll(TAG, "").replace("<!doctype html>", "");
  if (/[<>]/.test(rest)) throw new Error(`a stray bracket: ${/.{0,40}[<>].{0,40}/s.exec(rest)?.[0]}`);
  return tags;
}

export const expectBalanced = (markup: string): void => expect(startTags(markup).length).toBeGreaterThan(0);

/** The text that a reader sees, entities resolved, spaces joined. */
export const textOf = (markup: string): string =>
  withoutStyle(markup)
    .replaceAll(TAG, " ")
    .replaceAll(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => CHARACTERS[name] ?? "")
    .replaceAll(/\s+/g, " ");

const CHARACTERS: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

const TAG = /<(\/)?([a-zA-Z][a-zA-Z0-9]*)((?:\s+[a-zA-Z][\w:-]*(?:="[^"<>]*")?)*)\s*(\/)?>/g;

const withoutStyle = (markup: string): string => markup.replace(/<style>[\s\S]*?<\/style>/, "<style></style>");

const attributesOf = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...text.matchAll(/([a-zA-Z][\w:-]*)(?:="([^"]*)")?/g)].map(([, name, value = ""]) => [name, value]),
  );
