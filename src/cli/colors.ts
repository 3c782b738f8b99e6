import pc from "picocolors";

/**
 * Colors of our own text. They are marked by noncharacters, which no text of others has once it is shown, and become
 * what a terminal understands where the text is written: everything else that a terminal would obey is taken away
 * there.
 */
const MARKS = { dim: ["\uFDD0", "\uFDD1"], red: ["\uFDD2", "\uFDD3"] } as const;
type Color = keyof typeof MARKS;
const COLORS = ["dim", "red"] as const satisfies readonly Color[];

const marked =
  (color: Color) =>
  (text: string): string =>
    `${MARKS[color][0]}${text}${MARKS[color][1]}`;
export const dim = marked("dim");
export const red = marked("red");

/** Marked text with colors where the stream is a terminal (CI services are not), without them elsewhere. */
export function colored(text: string, isTerminal: boolean): string {
  const colors = pc.createColors(pc.isColorSupported && isTerminal);
  return COLORS.reduce((done, color) => {
    const [open, close] = MARKS[color];
    return done.replaceAll(new RegExp(`${open}([^${close}]*)${close}`, "g"), (_, inner: string) =>
      colors[color](inner),
    );
  }, text);
}
