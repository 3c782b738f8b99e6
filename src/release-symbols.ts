// Browsers of today lack the symbols that `await using` releases by; the build lowers the syntax itself.
for (const name of ["dispose", "asyncDispose"] as const) {
  if (!(name in Symbol)) Object.defineProperty(Symbol, name, { value: Symbol.for(`Symbol.${name}`) });
}

// a module, for who writes declarations
export {};
