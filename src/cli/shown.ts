/**
 * Text as a terminal may show it. Names, paths and excerpts come out of files that may be a stranger's: a control
 * character in them would color, move the cursor or retitle the window, a newline forge a row, a mark of writing
 * direction turn the text around.
 */

/**
 * Controls (C0, DEL, C1 such as U+009B, which terminals take for ESC [), marks of writing direction (Bidi_Control),
 * separators of lines and paragraphs, the byte order mark, and what no text has (which marks our own colors).
 */
const HIDDEN = /[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\uFEFF]/gu;
/** The same, but lines stay lines and our own colors colors. */
const HIDDEN_IN_LINES = /[^\P{Cc}\n]|[\p{Bidi_Control}\p{Zl}\p{Zp}\uFEFF]/gu;
/** What JSON.stringify leaves as it is. */
const HIDDEN_IN_JSON = /[\x7F-\x9F\p{Bidi_Control}\p{Zl}\p{Zp}\uFEFF]/gu;

const SHORT: ReadonlyMap<string, string> = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

/** `\n`, `\x1b`, `\u202e`, `\u{1fffe}`. */
function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const digits = code.toString(16);
  if (code > 0xffff) return `\\u{${digits}}`;
  return SHORT.get(character) ?? (code < 0x80 ? `\\x${digits.padStart(2, "0")}` : `\\u${digits.padStart(4, "0")}`);
}

/** A piece of text on one line: a cell, a path, a message. */
export const shown = (text: string): string => text.replace(HIDDEN, escaped);

/** Text of several lines, our own: whatever is still hidden in it is shown, its lines and colors stay. */
export const shownLines = (text: string): string => text.replace(HIDDEN_IN_LINES, escaped);

/** A value as JSON that keeps every string and holds no hidden character. */
export const hiddenFreeJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    HIDDEN_IN_JSON,
    (one) => `\\u${(one.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
