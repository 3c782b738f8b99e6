/** The part of the WebAssembly interface that we use; it stands in TypeScript's DOM library, which Node code must not see. */
declare namespace WebAssembly {
  function instantiate(
    bytes: Uint8Array,
    imports: object,
  ): Promise<{ readonly instance: { readonly exports: unknown } }>;
}
