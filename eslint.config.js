// What eslint asks of the browser's part. Everything recommended holds; what is added stands here.

import js from "@eslint/js";
import globals from "globals";

export default [
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 2023, sourceType: "module", globals: globals.browser },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "prefer-const": "error",
      "no-var": "error",
      eqeqeq: "error",
      "no-shadow": ["error", { builtinGlobals: false }],
      "no-eval": "error",
      "no-implied-eval": "error",
      // Text from others is shown as text: nothing is parsed as HTML.
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: "write text nodes (dom.js)" },
        { property: "outerHTML", message: "write text nodes (dom.js)" },
        { property: "insertAdjacentHTML", message: "write text nodes (dom.js)" },
      ],
    },
  },
  { files: ["tests/js/**"], languageOptions: { globals: globals.node } },
];
