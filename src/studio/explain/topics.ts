/** What this tab asks its worker, by topic: see `Topic`. */
export type ExplainTopics = Readonly<Record<never, never>>;
