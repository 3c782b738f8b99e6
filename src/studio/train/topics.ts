/** What this tab asks its worker, by topic: see `Topic`. */
export type TrainTopics = Readonly<Record<never, never>>;
