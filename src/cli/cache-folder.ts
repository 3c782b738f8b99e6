import envPaths from "env-paths";

/** The folder for fetched data by the XDG rules. */
export const defaultCacheDir = (): string => envPaths("gatewise", { suffix: "" }).cache;
