/** What this tab asks its worker, by topic: see `Topic`. */
export type PlaneTopics = Readonly<Record<never, never>>;
