import type { Figure } from "./figure.ts";
import { recolored, type Theme } from "./palette.ts";

/** What Vega says about a figure goes here and never to the console. */
export type Warn = (message: string) => void;

/**
 * Draws a figure, without a DOM.
 * @param theme `page`: colors are custom properties (`var(--ink)`) of the page the SVG is put into, without a background
 * @param warn gets every warning of Vega; a figure of ours causes none
 */
export async function renderSvg(
  figure: Figure,
  theme: Theme | "page" = "light",
  warn: Warn = () => undefined,
): Promise<string> {
  // loaded where a figure is drawn: it took half of the time in which the package is imported
  const [{ parse, View }, { compile }] = await Promise.all([import("vega"), import("vega-lite")]);
  const logger = loggerTo(warn);
  const view = new View(parse(compile(figure.spec, { logger }).spec), { renderer: "none", logger });
  try {
    return recolored(tidied(await view.toSVG(), figure, theme === "page"), theme);
  } finally {
    view.finalize();
  }
}

function loggerTo(warn: Warn) {
  const logger = {
    level: () => logger,
    error: (...parts: readonly unknown[]) => {
      warn(parts.join(" "));
      return logger;
    },
    warn: (...parts: readonly unknown[]) => {
      warn(parts.join(" "));
      return logger;
    },
    info: () => logger,
    debug: () => logger,
  };
  return logger;
}

/**
 * Vega's SVG without what a static picture does not need (half of it), with an accessible name and numbers of a hundredth
 * of a pixel. It has no ids: Vega counts those of clips and gradients for the whole process, so a second rendering would
 * differ and two figures in one page could share one; hence no figure clips.
 */
function tidied(svg: string, { title, caption }: Figure, inPage: boolean): string {
  const label = `${title}. ${caption}`.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
  return svg
    .replaceAll(/<path class="(?:background|foreground)"[^>]* d="(?:M0,0h0v0h0Z)?"[^>]*\/>/g, "")
    .replaceAll(/<path class="background" aria-hidden="true" d="[^"]*"\/>/g, "")
    .replaceAll(/<[^>]*>/g, (tag) =>
      tag
        .replaceAll(/ (?:class|role|aria-[a-z]+|pointer-events|xmlns:xlink|version)="[^"]*"/g, "")
        .replaceAll(' opacity="1"', "")
        .replaceAll(/-?\d+\.\d{3,}/g, (digits) => String(Number(Number(digits).toFixed(2)))),
    )
    .replace(/<svg xmlns="[^"]*"/, (start) => `${inPage ? "<svg" : start} role="img" aria-label="${label}"`)
    .replace(/<rect [^>]*\/>/, (background) => (inPage ? "" : background));
}
