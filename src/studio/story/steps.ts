/** The story's seven steps: a thing to understand, a thing to do, and where in the page it is to be seen. */
import type { Tab } from "../app/tab.ts";

export interface Step {
  readonly title: string;
  readonly text: string;
  readonly todo: string;
  readonly tab: Tab["id"];
  /** The region that it is about; undefined for the tab as a whole. */
  readonly region: string | undefined;
  readonly source: keyof typeof SOURCES;
}

/** Where it is proved. */
export const SOURCES = {
  paper: { title: "Lakshminarayanan and Singh, NeurIPS 2020", address: "https://arxiv.org/abs/2006.10529" },
  duality: { title: "Lakshminarayanan and Singh, 2021, on duality", address: "https://arxiv.org/abs/2110.03403" },
} as const;

export const STEPS: readonly Step[] = [
  {
    title: "A gate",
    text: "Each small square is a unit of a network that reads digits. A unit adds up what reaches it, every number times a weight. If the sum is above zero, its gate is open and the sum goes on; if not, the gate is shut and nothing does. This yes or no is all that makes such a network more than a sum.",
    todo: "Under Input, press › a few times for the next digit. Watch which squares fill: other digits open other gates.",
    tab: "explain",
    region: "Gates",
    source: "paper",
  },
  {
    title: "An active sub-network",
    text: "Take away every unit whose gate is shut, with all its lines. What is left is the active sub-network of this digit. Nothing is decided in it any more, it only multiplies and adds. The thick lines carry most of the answer.",
    todo: "Click the unit in which the thickest lines meet, and press Close this unit. Is the answer still the same?",
    tab: "explain",
    region: "Flow",
    source: "paper",
  },
  {
    title: "A path",
    text: "A path leads from one pixel through one unit of each layer to the output. It counts only if all its gates are open; then it brings the pixel times all weights on its way. The output is exactly the sum over all paths. There are millions of them.",
    todo: "Read how much of the whole the ten strongest paths hold. Would one path explain the answer?",
    tab: "explain",
    region: "Paths",
    source: "paper",
  },
  {
    title: "Features and values",
    text: "What a path brings is a product of two things. Its feature: the pixel where all gates are open, and zero otherwise. Its value: the product of its weights. The digit decides the features, by the gates. What the network does with them is in the values. Features times values, summed up: that is the output.",
    todo: "Choose another output under look. The gates stay as they are, so the features are the same. Only the values are others, and the map of the pixels with them.",
    tab: "explain",
    region: "Logits",
    source: "paper",
  },
  {
    title: "Random against learnt gates",
    text: "Where is what the network has learnt: in the features or in the values? Keep the gates of a trained network and learn new values behind them (FLNPF). Do the same behind gates that were drawn at random (FRNPF). Then compare both with the network itself (ReLU).",
    todo: "Press Train and wait for half a minute. Read the answer: how much of the gain is in the gates alone?",
    tab: "train",
    region: undefined,
    source: "paper",
  },
  {
    title: "The kernel",
    text: "Two digits look alike to this network if they have many open paths in common. Count these, times how alike the pixels are: that is the neural path kernel, one number for each two digits. Here it is a picture, the digits sorted by class; dark means much in common.",
    todo: "Find the dark blocks along the diagonal. Which two different digits have most in common? The table has the numbers.",
    tab: "explain",
    region: "Kernel",
    source: "duality",
  },
  {
    title: "Your own digit",
    text: "Now it is your turn. All that you have seen follows your pen: gates, sub-network, paths, features. The network has seen a few thousand digits, none of them yours.",
    todo: "Press Clear and draw a three. Under Compare press Keep this input to compare with, then add the strokes that make it an eight. At which stroke does the answer change, and which gates have flipped by then?",
    tab: "explain",
    region: "Input",
    source: "paper",
  },
];
