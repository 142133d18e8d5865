// What travels between the browser's modules and whoever measures for them. Read by `tsc` only.

/** A measured value of a metric on n examples of a split, with its 95 % interval. */
export interface Estimate {
  value: number;
  low: number;
  high: number;
  n: number;
  total: number;
}

export type Coefficients = Record<string, number>;

/** How scaled vectors become one, where it is not their plain sum: method, settings, and a seed. */
export interface Merge {
  method: string;
  settings: Record<string, number>;
  seed?: number;
  /** Factors of every λ by layer group, where they are not 1. With them, `method` may be "sum". */
  layers?: Record<string, number>;
}

/** A merge method that can be chosen, and what it can be set to. */
export interface Method {
  name: string;
  title: string;
  about: string;
  paper: string;
  seeded: boolean;
  /** How many vectors it takes at most; null for any number. */
  most: number | null;
  settings: Setting[];
}
export interface Setting {
  name: string;
  value: number;
  whole: boolean;
  least: number;
  /** Whether `least` itself is too little. */
  above: boolean;
  most: number;
  about: string;
}

/** A measured edit: its coefficients, per task how it did, and how it is merged if not summed. */
export type Point = [Coefficients, Record<string, Estimate>, (Merge | null)?];

/** What the examples of a task are counted by, as tasks/metric.py has it. */
export interface Metric {
  name: string;
  title: string;
  kind: "share" | "mean" | "rank";
  unit: string;
  higher_is_better: boolean;
  low: number;
  high: number | null;
}

export interface Task {
  name: string;
  title: string;
  role: "target" | "control" | "second-control" | "auxiliary" | string;
  /** What guessing gives, and what always giving the commonest answer does, where there are such. */
  chance?: number | null;
  majority?: number | null;
  /** What its examples are called: "images", "texts". */
  examples: string;
  metric: Metric;
}

/** An example whose answer an edit changed: one renderer a kind. */
export type Example = { truth: string; before: string; after: string } & (
  | { kind: "picture"; src: string }
  | { kind: "text"; text: string; marks?: [number, number][] }
  | { kind: "sample"; prompt: string }
);

export interface Vector {
  name: string;
  title: string;
  kind: "target" | "auxiliary" | "null" | "recipe";
  task: string;
}

/** "A is to B as C is to D", with a coefficient of its own for the bracket and for τ(C). */
export interface Analogy {
  a: string;
  b: string;
  c: string;
  d: string;
  bracket: number;
  own: number;
}

export interface Preset {
  name: string;
  title: string;
  about: string;
  coefficients: Coefficients;
  focus: string;
  analogy: Analogy | null;
}

export interface Preview {
  ready: boolean;
  used: boolean;
  says: string;
}

export interface Engine {
  /** "none": a page of what was measured before. */
  state: "loading" | "ready" | "failed" | "none";
  boot?: string;
  device?: string | null;
  message?: string;
  preview?: Preview;
  methods?: Method[];
  /** The layer groups that an edit can give factors, in the model's order. */
  layers?: string[];
  other_images?: string[];
}

/** What a visitor has to do at a step before it goes on. */
export interface Goal {
  slider?: string;
  at_least?: number;
  at_most?: number;
  measure?: string;
  pinned?: boolean;
}

export interface LessonStep {
  /** The message of the lesson that is said. */
  say: string;
  /** The edit: a preset's, or coefficients; a step without one leaves everything as it stands. */
  edit?: {
    preset?: string;
    coefficients?: Coefficients;
    focus?: string;
    analogy?: Analogy | null;
    measure?: string;
    pinned?: Coefficients;
  };
  look_at?: string;
  reached?: Goal;
  /** The message that only the speaker sees. */
  notes?: string;
}

export interface Lesson {
  name: string;
  suite: string;
  steps: LessonStep[];
}

/** All lessons, and the words of one language. */
export interface Told {
  language: string;
  languages: Record<string, string>;
  lessons: Lesson[];
  messages: {
    page: Record<string, string>;
    glossary: Record<string, { term: string; means: string }>;
    lessons: Record<string, Record<string, string>>;
  };
}

export type Theme = "light" | "dark";

/** Everything that is known before anything is measured. */
export interface Hello {
  version: string;
  suite: { name: string; title: string; about: string };
  tasks: Task[];
  vectors: Vector[];
  presets: Preset[];
  start: string | null;
  floor: number;
  limits: { slider: number; hard: number; settle: number; slices?: number[] };
  style: Record<Theme, any>;
  space: string | null;
  shipped: Point[];
  engine: Engine;
  nav: [string, string][];
  /** Whether the server passes a presenter's states on. */
  talks?: boolean;
  problem?: string;
}

/**
 * Whoever measures: Gradio's server, shipped files, a notebook's kernel. Every call takes a message
 * and resolves to an answer, `{error: words}` where it was refused; `undefined` says that no answer
 * came, and is tried again.
 */
export type Call = (message: Record<string, any>) => Promise<any>;
export interface Backend {
  hello: Call;
  engine: Call;
  commit: Call;
  more: Call;
  rest: Call;
  test: Call;
  surrogate: Call;
  changed: Call;
  ask: Call;
  take: Call;
  suggest: Call;
  suites: Call;
  lessons: Call;
  qr: Call;
}

/** Where the edit in hand stands as a query string: this window's address bar, or a page's own. */
export interface Address {
  read(): string;
  write(query: string): void;
  /** Where this very page opens with another query, another suite's say. */
  here(query: string): string;
  /** Where another page of the navigation opens, if not at its own path with this query. */
  page?(path: string): string;
  /** A link to this query that others can open. */
  link(query: string): string;
  /** Where the steps back and forth outlive a visit to another page, if anywhere. */
  steps?: { read(): string | null; write(text: string): void };
}
