import type { Figure } from "./figure.ts";
import { Html, html } from "./html.ts";
import { PAGE_STYLE } from "./page-style.ts";
import { renderSvg } from "./render-svg.ts";

export interface PageParts {
  readonly title: string;
  readonly main: Html;
  /** Of Gatewise. */
  readonly version: string;
  /** ISO 8601; of a page that is the same whenever it is made, nothing. */
  readonly createdAt?: string;
}

/** A page that asks for nothing else: no script, no font, no image from outside (its content security policy forbids them). */
export const pageOf = ({ title, main, version, createdAt }: PageParts): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="generator" content="gatewise ${version}">
<title>${title} – Gatewise</title>
<link rel="icon" href="data:,">
<style>
${new Html(PAGE_STYLE)}
</style>
</head>
<body>
<main>
${main}
<footer>Gatewise ${version}${createdAt === undefined ? "" : html`, <time datetime="${createdAt}">${dateWords(createdAt)}</time>`}</footer>
</main>
</body>
</html>
`.text;

/** One figure with its caption. */
export const figureOf = async (figure: Figure): Promise<Html> =>
  html`<figure id="figure-${figure.name}">${await svgOf(figure)}<figcaption>${figure.caption}</figcaption></figure>\n`;

/** {@link renderSvg} escapes what it puts in, and no text of a figure comes from outside. */
export const svgOf = async (figure: Figure): Promise<Html> => new Html(`${await renderSvg(figure, "page")}\n`);

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;
/** `24 November 2025, 06:00 UTC`, whatever the locale; a text that is no such date stays as it is. */
function dateWords(iso: string): string {
  const [, year, month, day, time] = /^(\d{4})-(\d\d)-(\d\d)T(\d\d:\d\d).*Z$/.exec(iso) ?? [];
  const name = MONTHS[Number(month) - 1];
  return name === undefined ? iso : `${Number(day)} ${name} ${year}, ${time} UTC`;
}
