const LARGEST_WHOLE = 20;

/** A count by its base-2 logarithm: whole where it is small, else as a power of ten. */
export function PowerOfTwo({ log2 }: { readonly log2: number }) {
  if (log2 < LARGEST_WHOLE) return <>{Math.round(2 ** log2).toLocaleString("en")}</>;
  return (
    <>
      10<sup>{(log2 * Math.LN2 * Math.LOG10E).toFixed(1)}</sup>
    </>
  );
}
