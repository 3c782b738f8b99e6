import { describe, expect, it } from "vitest";
import { HEAT_RAMP, INK, layerColor, REGIME_COLORS, recolored, type Shade } from "../../src/report/palette.ts";

const THEMES = ["light", "dark"] as const;
const layers = Array.from({ length: 9 }, (_, place): [string, Shade] => [`layer ${place}`, layerColor(place, 9)]);
const published: [string, Shade] = ["published", INK.published];

/** Contrast of two colors as WCAG 2 defines it. */
function contrast(a: string, b: string): number {
  const luminance = (color: string): number => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
      const channel = Number.parseInt(color.slice(at, at + 2), 16) / 255;
      return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [dark = 0, bright = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (bright + 0.05) / (dark + 0.05);
}

describe.each(THEMES)("palette, %s", (theme) => {
  it.each([["ink", INK.ink], ["muted", INK.muted], ["alert", INK.alert], ...Object.entries<Shade>(REGIME_COLORS)])(
    "%s can be read as text (WCAG AA: 4.5)",
    (_, shade) => {
      expect(contrast(shade[theme], INK.paper[theme])).toBeGreaterThanOrEqual(4.5);
    },
  );
  it.each([published, ...layers])("%s can be seen as a mark (WCAG AA: 3)", (_, shade) => {
    expect(contrast(shade[theme], INK.paper[theme])).toBeGreaterThanOrEqual(3);
  });
  it("later layers are farther from the paper", () => {
    const contrasts = layers.map(([, shade]) => contrast(shade[theme], INK.paper[theme]));
    expect(contrasts).toEqual([...contrasts].sort((a, b) => a - b));
  });
  it("larger values of a map are farther from the paper, each seen beside the one before", () => {
    const contrasts = HEAT_RAMP.map((shade) => contrast(shade[theme], INK.paper[theme]));
    contrasts.slice(1).forEach((value, i) => {
      expect(value / (contrasts[i] ?? 1)).toBeGreaterThan(1.1);
    });
  });
});

describe("recolored", () => {
  const svg = `<path fill="${INK.ink.light}"/><path stroke="${REGIME_COLORS.relu.light}"/><path fill="#123456"/>`;
  it("leaves the light theme alone", () => {
    expect(recolored(svg, "light")).toBe(svg);
  });
  it("takes the dark colors", () => {
    expect(recolored(svg, "dark")).toBe(
      `<path fill="${INK.ink.dark}"/><path stroke="${REGIME_COLORS.relu.dark}"/><path fill="#123456"/>`,
    );
  });
  it("takes the page's custom properties", () => {
    expect(recolored(svg, "page")).toBe('<path fill="var(--ink)"/><path stroke="var(--relu)"/><path fill="#123456"/>');
  });
  it("can tell all light colors apart", () => {
    const lights = [
      ...Object.values<Shade>(INK),
      ...Object.values<Shade>(REGIME_COLORS),
      ...layers.map(([, s]) => s),
      ...HEAT_RAMP,
    ];
    expect(new Set(lights.map(({ light }) => light)).size).toBe(lights.length);
  });
});
