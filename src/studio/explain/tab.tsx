import type { Tab } from "../app/tab.ts";

export const explainTab: Tab = {
  id: "explain",
  title: "Explain",
  make: ({ status }) => {
    status.begin("starting").done();
    return () => <p class="lead">To come.</p>;
  },
};
