/** The last line of what a command prints, where it prints words that not everybody knows. */
export const inGlossary = (words: string): string => `${words}: what is large and what is small, docs/glossary.md`;
