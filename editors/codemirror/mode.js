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
