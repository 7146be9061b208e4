// Made by docs/generate.py from the tokens of the language: change them there.

/** The kinds of tokens, in the order in which they are tried. */
const KINDS = [
  ["NAME", /^(?:[A-Za-z_][A-Za-z0-9_]*(?![\p{L}\p{N}_]))/u],
  ["COMMENT", /^(?:#[^\n]*)/u],
  ["DIMS", /^(?:[0-9]+(?:x[0-9]+)+(?![\p{L}\p{N}_]|\.(?!\.)))/u],
  ["NUMBER", /^(?:[0-9][0-9_]*(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?[kKMGT]?(?![\p{L}\p{N}_]|\.(?!\.)))/u],
  ["PATTERN", /^(?:(?:[0-9]+|\?)(?:x(?:[0-9]+|\?))+(?![\p{L}\p{N}_]|\.(?!\.)))/u],
  ["STRING", /^(?:"[^"\\\n]*")/u],
  ["END", /^(?:;)/u],
  ["UNKNOWN_WORD", /^(?:[\p{L}_][\p{L}\p{N}_]*)/u],
  ["UNKNOWN_NUMBER", /^(?:[0-9](?:[\p{L}\p{N}_]|\.(?=[0-9]))*)/u],
  ["OPEN_STRING", /^(?:"[^"\n]*"?)/u],
  ["UNKNOWN_SIGN", /^(?:&&|\|\||\.\.\.+)/u],
  ["SIGN", /^(?:->|=>|==|!=|<=|>=|\*\*|\/\/|\.\.|\(|\)|\[|\]|\{|\}|,|:|=|\||<|>|\+|-|\*|\/|%|\.|\?)/u],
  ["CHARACTER", /^(?:[^ \t\f\r])/u],
];
const TAGS = {"declaration": "definitionKeyword", "keyword": "controlKeyword", "logic": "operatorKeyword", "section": "keyword", "constant": "atom", "definition": "typeName.definition", "label": "labelName", "argument": "propertyName", "layer": "typeName.standard", "function": "variableName.function", "name": "variableName", "number": "number", "text": "string", "comment": "lineComment", "operator": "operator", "punctuation": "punctuation", "unknown": "invalid"};
const WORDS = {"def": "declaration", "share": "declaration", "net": "declaration", "use": "declaration", "let": "declaration", "from": "declaration", "training": "declaration", "for": "keyword", "in": "keyword", "if": "keyword", "else": "keyword", "expect": "keyword", "and": "logic", "or": "logic", "not": "logic", "input": "section", "stem": "section", "body": "section", "head": "section", "true": "constant", "false": "constant", "none": "constant"};
const DEFINING = ["def", "share", "net"];
const BEFORE_LABELS = [";", "{", "|"];
const OPERATORS = ["!=", "%", "*", "**", "+", "-", "->", "..", "/", "//", "<", "<=", "=", "==", "=>", ">", ">=", "|"];
const SPACE_LINES = ["space", "vary", "where"];
const SPACE_WORDS = {"of": "space", "step": "vary", "log": "vary"};
const VALUE_ENDS = [")", "DIMS", "NAME", "NUMBER", "PATTERN", "UNKNOWN_NUMBER", "]"];
const LAYERS = ["relu", "relu6", "square", "leaky_relu", "prelu", "elu", "selu", "gelu", "silu", "mish", "hardswish", "hardsigmoid", "softplus", "softsign", "sigmoid", "tanh", "softmax", "log_softmax", "reduce", "eca", "attention", "pad", "crop", "slice", "channel_shuffle", "pixel_shuffle", "pixel_unshuffle", "upsample", "resize", "reshape", "zero_channels", "subsample", "conv", "dwconv", "tconv", "linear", "flatten", "dropout", "droppath", "identity", "scale", "layerscale", "affine", "parameter", "concat", "add", "mul", "sub", "div", "matmul", "maximum", "batchnorm", "layernorm", "instancenorm", "groupnorm", "lrn", "rmsnorm", "grn", "frn", "evonorm_s0", "maxpool", "avgpool", "lppool", "blurpool", "max_unpool", "gap", "gmp", "adaptive_avgpool", "adaptive_maxpool", "tokens", "untokens", "permute", "residual", "dense"];
const FUNCTIONS = ["min", "max", "abs", "round", "ceil", "floor", "int", "sqrt", "log", "exp", "len", "sum", "range", "reversed", "zip", "enumerate", "sorted", "unique", "round_to", "make_divisible", "split"];

const LABEL = /^[A-Za-z_][A-Za-z0-9_]*\s*(?:\[(?:[^[\]]|\[[^[\]]*\])*\]\s*)*:/;

/** The next token of a line, without blanks before it: its kind, and its text. */
function next(stream) {
  for (const [kind, pattern] of KINDS) {
    const found = stream.match(pattern);
    if (found) return [kind, found[0]];
  }
  return ["CHARACTER", stream.next()];
}

/** What a word is to a reader. @param {string} before the token before it @param {string} after what follows it */
function roleOfWord(word, before, after) {
  if (DEFINING.includes(before) || (before === "space" && /^\s*[A-Za-z_]/.test(after))) return "definition";
  if (Object.hasOwn(WORDS, word)) return WORDS[word];
  if (/^\s*=(?![=>])/.test(after)) return "argument";
  if (LAYERS.includes(word)) return "layer";
  return FUNCTIONS.includes(word) && /^\s*\(/.test(after) ? "function" : "name";
}

/**
 * Whether a token is a word of a space, and a name elsewhere: `space`, `vary` and `where` begin a line, and a name or
 * number follows; the others stand behind a value on such a line. `state.kind` is the kind of the token before it on
 * the line, `state.line` the word that the line begins with.
 */
function isOfSpace(kind, text, after, state) {
  const begins = !state.kind && SPACE_LINES.includes(text) && /^[ \t\f\r]*(?:\w|\?x)/.test(after);
  if (begins) state.line = text;
  const follows = VALUE_ENDS.includes(state.kind) && state.kind !== state.line && SPACE_WORDS[text] === state.line;
  state.kind = begins ? text : ["SIGN", "END"].includes(kind) ? text : kind;
  return begins || follows;
}

/**
 * The role of the next token: one of TAGS. `state.label` is where the label that is being read ends, on its line;
 * `state.begins` whether a statement begins here; `state.before` the token before.
 */
function role(stream, state) {
  if (state.begins) {
    const label = stream.match(LABEL, false);
    if (label) state.label = stream.pos + label[0].length - 1;
  }
  const inLabel = stream.pos < state.label, [kind, text] = next(stream);
  if (kind === "COMMENT") return "comment";
  const { before } = state, rest = stream.string.slice(stream.pos);
  Object.assign(state, { before: text, begins: BEFORE_LABELS.includes(text) });
  const ofSpace = !state.begins && isOfSpace(kind, text, rest, state);
  if (state.begins) Object.assign(state, { kind: "", line: "" });
  if (inLabel) return "label";
  if (ofSpace) return "keyword";
  if (kind === "NAME") return roleOfWord(text, before, rest);
  if (kind === "STRING") return "text";
  if (["NUMBER", "DIMS", "PATTERN"].includes(kind)) return "number";
  if (kind === "SIGN" || kind === "END") return OPERATORS.includes(text) ? "operator" : "punctuation";
  return "unknown";
}

/** For `StreamLanguage.define` of @codemirror/language. */
export const cnn = {
  name: "cnn",
  startState: () => ({ before: "", begins: true, label: 0, kind: "", line: "" }),
  token(stream, state) {
    if (stream.sol()) Object.assign(state, { begins: true, label: 0, kind: "", line: "" });
    return stream.eatSpace() ? null : TAGS[role(stream, state)];
  },
  languageData: { commentTokens: { line: "#" }, closeBrackets: { brackets: ["(", "[", "{", "\""] } },
};
