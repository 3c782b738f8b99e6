import { join } from "node:path";
import { writeWhole } from "../data/node/index.ts";
import { type Figure, renderSvg } from "../report/index.ts";

/** Writes a figure as Vega-Lite and as SVG. Loaded late: figures bring Vega, which takes longer than most commands. */
export async function writeFigure(directory: string, figure: Figure): Promise<void> {
  await writeWhole(join(directory, `${figure.name}.vl.json`), `${JSON.stringify(figure.spec, undefined, 2)}\n`);
  await writeWhole(join(directory, `${figure.name}.svg`), await renderSvg(figure));
}
