// dln for highlight.js, which colours pages: `hljs.registerLanguage("dln", dln)`, then blocks of class `language-dln`.

/** @type {import("highlight.js").LanguageFn} */
export default function dln(hljs) {
  const NAME = /[\p{L}_][\p{L}\p{N}_]*/u;
  const BESIDE = /(?<=[\p{L}\p{N}_)\]}"]\s+)/u;
  const STATEMENTS = /(?<=(^|[{;])\s*)\b(minimize|log|save|assert|state|step|validate|every|stop)\b(?!\s*(=|,|<-|\.(?!\.)|\((?![^)]*\)\s*\{)))/mu;
  const TRAINING = /\b(over|with|max|to|backward|after|without|best|highest|lowest|better|higher|lower)\b(?!\s*[=:,.(])/;
  const UNITS = /\b(epochs|epoch|steps|step)(?=\s*(\{|without\b))|\bwith(?=\s*\()/;
  return {
    name: "dln",
    unicodeRegex: true,
    keywords: {
      $pattern: NAME,
      keyword: [
        "use", "hyper", "let", "fn", "layer", "optimizer", "train", "test", "param", "buffer", "if", "else", "for", "in", "scan",
        "repeat", "while", "each", "where", "yield", "as", "and", "or", "not",
      ],
      literal: ["true", "false"],
      type: [
        "Int", "Float", "Bool", "Str", "Axis", "Shape", "Schedule", "Fn", "Layer", "List", "Optimizer", "Dataset", "DType", "Any",
        "f16", "bf16", "f32", "f64", "i32", "i64", "u8", "bool", "idx", "any",
      ],
    },
    contains: [
      { scope: "doctag", begin: /##.*$/ },
      hljs.HASH_COMMENT_MODE,
      {
        scope: "string",
        begin: /"/,
        end: /"|$/,
        contains: [hljs.BACKSLASH_ESCAPE, { scope: "subst", begin: /\{[\p{L}_][\p{L}\p{N}_]*\}/u }],
      },
      {
        begin: /\.\[/,
        end: /\]/,
        keywords: {},
        contains: [{ scope: "params", begin: NAME }, { scope: "number", begin: /[0-9]+/ }, { scope: "operator", begin: /->|\.\.|\|/ }],
      },
      { begin: [/\bfn/, /\s+/, NAME], beginScope: { 1: "keyword", 3: "title.function" } },
      { begin: [/\b(?:layer|optimizer)/, /\s+/, NAME], beginScope: { 1: "keyword", 3: "title.class" } },
      { begin: [/\./, NAME], beginScope: { 2: "property" } },
      { scope: "keyword", begin: STATEMENTS },
      { scope: "keyword", begin: new RegExp(BESIDE.source + TRAINING.source, "u") },
      { scope: "keyword", begin: UNITS },
      { scope: "number", begin: /\b[0-9][0-9_]*(\.[0-9][0-9_]*)?([eE][+-]?[0-9][0-9_]*)?/ },
      { scope: "literal", begin: /\b_\b/ },
      { scope: "operator", begin: /\|>|>>|:>|->|<-|\*\*|\/\/|==|!=|<=|>=|\.\.=|\.\.|\|\||[-+*/%@<>=|]/ },
    ],
  };
}
