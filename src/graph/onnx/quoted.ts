/** Longer names are cut in messages. */
const MOST = 100;

/** Text from a file as messages show it: in quotes, without control characters, not too long. */
export const quoted = (text: string): string => JSON.stringify(text.length > MOST ? `${text.slice(0, MOST)}…` : text);
