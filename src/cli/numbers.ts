/** Numbers as people read them in tables. */
export const shortNumber = (value: number): string => {
  const magnitude = Math.abs(value);
  return value === 0 || (magnitude >= 1e-4 && magnitude < 1e7)
    ? String(Number(value.toPrecision(6)))
    : value.toExponential(4);
};

/** With its sign, of what adds up. */
export const signedNumber = (value: number): string => (value > 0 ? `+${shortNumber(value)}` : shortNumber(value));

/** A share in percent, three digits. */
export const percentOf = (share: number): string => String(Number((100 * share).toPrecision(3)));
