import { describe, expect, it } from "vitest";
import { figuresOf, type ReportTrial, renderReport, renderSvg } from "../../src/report/index.ts";
import { plausibleKernels, plausibleTrials, reportOf, withKernels } from "./fixture.ts";
import { expectBalanced, startTags, textOf } from "./markup.ts";

const input = reportOf(withKernels(plausibleTrials({ seeds: 2, epochs: 20 })));
const kernelFiguresOf = (trials: readonly ReportTrial[]) =>
  figuresOf(reportOf(trials)).filter(({ name }) => name.startsWith("kernel-"));
const sectionOf = (page: string): string =>
  /<section aria-labelledby="kernel">[\s\S]*?<\/section>/.exec(page)?.[0] ?? expect.fail("no section");

describe("figures of kernels", () => {
  it("are maps and spectra of each regime, and ν, alignment and rank of all", () => {
    const names = kernelFiguresOf(input.trials).map(({ name }) => name);
    const regimes = ["frnpf-ii", "frnpf-di", "flnpf", "dlnpf", "relu"];
    expect(names).toEqual([
      ...regimes.map((regime) => `kernel-map-${regime}`),
      "kernel-nu",
      "kernel-alignment",
      "kernel-rank",
      ...regimes.map((regime) => `kernel-spectrum-${regime}`),
    ]);
  });

  it("are drawn without a warning, in numbers, as balanced SVG of the page's colors", async () => {
    for (const figure of kernelFiguresOf(input.trials)) {
      const warnings: string[] = [];
      const svg = await renderSvg(figure, "page", (message) => warnings.push(message));
      expect({ figure: figure.name, warnings }).toEqual({ figure: figure.name, warnings: [] });
      expect(svg).not.toMatch(/NaN|undefined|Infinity|null| id=|url\(|"#|<rect/);
      expectBalanced(svg);
    }
  });

  it("show two maps where the gates move and one where they are fixed", () => {
    const figures = kernelFiguresOf(input.trials);
    const specOf = (name: string): string => JSON.stringify(figures.find((figure) => figure.name === name)?.spec);
    expect(specOf("kernel-map-relu")).toMatch(/before training".*after epoch 20"/);
    expect(specOf("kernel-map-flnpf")).toContain("before and after training");
    expect(specOf("kernel-map-flnpf")).not.toContain("after epoch");
  });

  it("color a cell by its place among all maps (computed by hand)", async () => {
    const [relu] = withKernels(plausibleTrials({ regimes: ["relu"], seeds: 1, epochs: 1 }));
    if (relu === undefined) throw new Error("no trial");
    // 20 examples in cells of 7.5 pixels; the diagonal is the largest, so the darkest step is the diagonal alone
    const trial = { ...relu, kernels: { ...plausibleKernels("relu", 1, 2), last: undefined } };
    const map = kernelFiguresOf([trial]).find(({ name }) => name === "kernel-map-relu") ?? expect.fail("no map");
    const darkest = /<path[^>]*stroke="#0a2f5c"[^>]*>/.exec(await renderSvg(map))?.[0] ?? "";
    const corners = [...darkest.matchAll(/M([\d.]+),([\d.]+)L([\d.]+),/g)].map((found) => found.slice(1).map(Number));
    expect(corners).toEqual(Array.from({ length: 20 }, (_, i) => [7.5 * i, 7.5 * i, 7.5 * (i + 1)]));
  });

  it("of runs without kernels are none", async () => {
    expect(kernelFiguresOf(plausibleTrials({ seeds: 1, epochs: 2 }))).toEqual([]);
    expect(await renderReport(reportOf(plausibleTrials({ seeds: 1, epochs: 2 })))).not.toContain("figure-kernel");
  });
});

describe("the section", () => {
  it("has unique ids, balanced tags and a page that stays small", async () => {
    const page = await renderReport(reportOf(withKernels(plausibleTrials({ seeds: 5, epochs: 300 }))));
    const ids = startTags(page).flatMap(({ attributes }) => attributes.id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    expect(page.length).toBeLessThan(800_000);
  });

  it("says what one sees", async () => {
    const text = textOf(sectionOf(await renderReport(input)));
    // after 20 epochs known = 20/24: 0.4 + 0.25, 9000 − 2500, 70 − 25
    expect(text).toContain(
      "While ReLU trains, the alignment of its kernel with the labels rises from 0.40 to 0.65, ν falls from 9,000 to 6,500, and its effective rank falls from 70 to 45.",
    );
    expect(text).toContain(
      "Behind fixed gates the kernel stays what it was: its alignment is 0.40 for FRNPF(II), 0.40 for FRNPF(DI) and 0.40 for FLNPF.",
    );
    expect(text).toContain("Measured on the first training examples of each class, 100 in all");
    expect(text).toContain("1e-6 of the mean diagonal");
    expect(text).toContain("The exact kernel of the soft gates of DLNPF would have taken too long");
  });

  it("says why there is nothing to see", async () => {
    const kernels = { measurements: [], unmeasured: ["a kernel of trace 0"], start: undefined, last: undefined };
    const trials = plausibleTrials({ regimes: ["relu"], seeds: 1, epochs: 2 }).map((trial) => ({ ...trial, kernels }));
    expect(textOf(sectionOf(await renderReport(reportOf(trials))))).toContain("Not measured: a kernel of trace 0.");
  });
});
