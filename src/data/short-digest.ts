/** A digest as errors tell it: its kind and twelve digits, enough to tell two apart. */
export const shortDigest = (digest: string): string => `${digest.slice(0, digest.indexOf(":") + 13)}…`;
