import assert from "node:assert/strict";
import { test } from "node:test";

import {
  heading,
  retaining,
  scale,
  shown,
  shownChange,
  skill,
  told,
} from "../../taskarith/ui/js/explore/metric.js";
import { ACCURACY, PERPLEXITY } from "./hello.js";

const SPEARMAN = { ...PERPLEXITY, kind: "rank", title: "Spearman's ρ", higher_is_better: true };
const near = (a, b) => assert.ok(Math.abs(a - b) < 1e-12, `${a} is not ${b}`);
const target = (metric) => ({ name: "t", title: "T", role: "target", metric });
const control = (metric) => ({ name: "c", title: "C", role: "control", metric });

test("values are written with the metric's unit", () => {
  assert.equal(shown(ACCURACY, 0.971), "97.1\u202f%");
  assert.equal(shown(PERPLEXITY, 12.34), "12.3");
  assert.equal(shown(PERPLEXITY, 12345.6), "12,346");
  assert.equal(shown(PERPLEXITY, NaN), "–");
  assert.equal(shownChange(ACCURACY, -0.125), "−12.5");
  assert.equal(shownChange(PERPLEXITY, 0.5), "+0.5");
  assert.equal(shownChange(PERPLEXITY, 0), "±0");
  assert.equal(
    told(ACCURACY, { value: 0.5, low: 0.4, high: 0.6, n: 96 }),
    "50.0\u202f% (40.0–60.0\u202f%, n = 96)",
  );
  assert.equal(told(PERPLEXITY, { value: 4, low: 3.5, high: 4.5, n: 9 }), "4 (3.5–4.5, n = 9)");
});

test("more skill is always better, and the floor is where a share of it is left", () => {
  assert.equal(skill(ACCURACY, 0.5), 0.5);
  assert.equal(skill(PERPLEXITY, 4), 0.25);
  near(retaining(ACCURACY, 0.8, 0.95), 0.76);
  near(skill(PERPLEXITY, retaining(PERPLEXITY, 4, 0.95)) / skill(PERPLEXITY, 4), 0.95);
});

test("a perplexity is drawn as retained, anything else as itself", () => {
  const reference = { pretrained: 4, finetuned: 2 };
  assert.equal(scale(target(SPEARMAN), "accuracy", reference)(0.87), 0.87);
  assert.equal(scale(target(ACCURACY), "accuracy", {})(0.3), 0.3);
  near(scale(control(PERPLEXITY), "accuracy", reference)(4), 1);
  near(scale(control(PERPLEXITY), "accuracy", reference)(8), 0.5);
  assert.ok(Number.isNaN(scale(control(PERPLEXITY), "accuracy", {})(4)));
});

test("where lower is better, the fine-tuned model is one and the pretrained gains nothing", () => {
  const reference = { pretrained: 4, finetuned: 2 };
  near(scale(target(PERPLEXITY), "normalized", reference)(2), 1);
  near(scale(target(PERPLEXITY), "gain", reference)(4), 0);
  near(scale(target(PERPLEXITY), "gain", reference)(2), 1);
  near(scale(control(PERPLEXITY), "gain", reference)(5), 0.8 - 1);
});

test("the axis says what it shows", () => {
  assert.equal(heading("accuracy", ACCURACY), "Accuracy");
  assert.match(heading("accuracy", PERPLEXITY), /Retained/);
  assert.equal(heading("accuracy", SPEARMAN), "Spearman's ρ");
  assert.equal(shownChange(SPEARMAN, -0.05), "−0.05");
  assert.equal(heading("normalized", ACCURACY), "Normalized accuracy");
  assert.equal(heading("gain", PERPLEXITY), "Gain recovered");
});
