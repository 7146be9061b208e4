// The text: CodeMirror, with the colours, mistakes, hints, completion and figures that the engine gives.

import * as cm from "./codemirror.js";
import { ask } from "./engine.js";
import { state } from "./state.js";
import { showMarkdown } from "./markdown.js";

/** @typedef {{ from: number, to: number, insert: string }} Edit */
/** @typedef {{ code: string, severity: string, message: string, help: string, from: number, to: number, line: number, edits: Edit[] }} Mistake */
/** @typedef {{ at: number, line: number, text: string, costs: string, mark: string | null }} Hint */

/** The shape after a line; a click states it. */
class HintWidget extends cm.WidgetType {
  /** @param {Hint} hint */
  constructor(hint) {
    super();
    this.hint = hint;
  }

  eq(other) {
    return other.hint.text === this.hint.text && other.hint.mark === this.hint.mark;
  }

  toDOM() {
    const element = document.createElement("span");
    element.className = "hint";
    element.textContent = this.hint.text;
    element.title = this.hint.costs + (this.hint.mark ? ": Alt+Enter states the shape" : "");
    return element;
  }

  ignoreEvent() {
    return true;
  }
}

const setMarks = cm.StateEffect.define();
const marks = cm.StateField.define({
  create: () => cm.Decoration.none,
  update: (shown, transaction) =>
    transaction.effects.filter((effect) => effect.is(setMarks)).reduce((_, effect) => effect.value, shown.map(transaction.changes)),
  provide: (field) => cm.EditorView.decorations.from(field),
});

/** What the engine last said of the text. */
let known = { /** @type {Mistake[]} */ diagnostics: [], /** @type {Hint[]} */ hints: [] };

/** Colours and hints as decorations. */
function decorations({ tokens, hints }) {
  const colours = tokens.filter(([from, to]) => from < to).map(([from, to, role]) => cm.Decoration.mark({ class: `role-${role}` }).range(from, to));
  const shapes = hints.map((hint) => cm.Decoration.widget({ widget: new HintWidget(hint), side: 1 }).range(hint.at));
  return cm.Decoration.set([...colours, ...shapes], true);
}

/** @param {Edit[]} edits */
function apply(view, edits) {
  view.dispatch({ changes: edits, userEvent: "input.complete" });
}

/** A mistake as CodeMirror shows it. @param {Mistake} found */
function shown(found, length) {
  const actions = found.edits.length ? [{ name: "Mend", apply: (view) => apply(view, found.edits) }] : [];
  const message = found.help ? `${found.message}\nhelp: ${found.help}` : found.message;
  return { from: Math.min(found.from, length), to: Math.min(found.to, length), severity: found.severity, message, source: found.code, actions };
}

async function complete(context) {
  const word = context.matchBefore(/\w+/), before = context.state.sliceDoc(context.pos - 1, context.pos);
  if (!word && !context.explicit && !/[(,=]/.test(before)) return null;
  const { offers } = await ask({ ...request(context.state.doc.toString()), ask: "complete", offset: context.pos });
  const types = { layer: "class", block: "function", argument: "property", word: "keyword", function: "function", figure: "constant", net: "class" };
  return {
    from: word ? word.from : context.pos,
    options: offers.map(({ text, kind, detail, manual }, place) =>
      ({ label: text, type: types[kind] ?? "variable", detail, info: manual || undefined, boost: -place / 10 })),
    validFor: /^\w*=?$/,
  };
}

async function figures(view, position) {
  const { doc } = view.state;
  const { said, from, to } = await ask({ ...request(doc.toString()), ask: "hover", offset: position });
  return said && doc.eq(view.state.doc) ? { pos: from, end: to, above: true, create: () => ({ dom: showMarkdown(said) }) } : null;
}

/** What is asked of a text, as the page stands. */
export function request(text) {
  const { file, net, line, parameters, inputs, theme, plan } = state;
  return { text, file, net, line, parameters, inputs, theme, plan };
}

/** Mend the mistake on the line of the cursor, or else state its shape. */
function mendOrState(view) {
  const line = view.state.doc.lineAt(view.state.selection.main.head);
  const mistake = known.diagnostics.find((found) => found.edits.length && found.from <= line.to && found.to >= line.from);
  const hint = known.hints.find((found) => found.mark && line.from <= found.at && found.at <= line.to);
  if (mistake) apply(view, mistake.edits);
  else if (hint) apply(view, [{ from: hint.at, to: hint.at, insert: hint.mark }]);
  return true;
}

/** Lay the text out in the one way. */
function layOut(view) {
  const before = view.state.doc.toString();
  ask({ ...request(before), ask: "format" }).then(({ text }) => {
    if (text !== undefined && text !== before && view.state.doc.toString() === before) replace(view, text);
  });
  return true;
}

/** Replace what differs, so that the cursor and the undo history stay useful. */
function replace(view, text) {
  const before = view.state.doc.toString(), most = Math.min(before.length, text.length);
  let start = 0, end = 0;
  while (start < most && before[start] === text[start]) start++;
  while (end < most - start && before[before.length - 1 - end] === text[text.length - 1 - end]) end++;
  view.dispatch({ changes: { from: start, to: before.length - end, insert: text.slice(start, text.length - end) } });
}

/** A new line behind an open brace is indented, and a brace that closes it gets a line of its own. */
function openLine(view) {
  const { from, to } = view.state.selection.main, line = view.state.doc.lineAt(from);
  if (!view.state.sliceDoc(line.from, from).trimEnd().endsWith("{")) return false;
  const outer = "\n" + /^ */.exec(line.text)[0], inner = outer + "    ";
  const closes = view.state.sliceDoc(to, to + 1) === "}";
  view.dispatch({ changes: { from, to, insert: inner + (closes ? outer : "") }, selection: { anchor: from + inner.length }, userEvent: "input", scrollIntoView: true });
  return true;
}

/** A brace that closes a block stands under the line that opens it. */
function closeBlock(view, from, to, text) {
  const line = view.state.doc.lineAt(from), blanks = view.state.sliceDoc(line.from, from);
  if (text !== "}" || !/^ {4,}$/.test(blanks)) return false;
  view.dispatch({ changes: { from: from - 4, to, insert: text }, selection: { anchor: from - 3 }, userEvent: "input.type" });
  return true;
}

/** Tab goes on to the next field after Escape; else it indents. */
function keys(save) {
  return [
    { key: "Alt-Enter", run: mendOrState },
    { key: "Alt-f", run: layOut },
    { key: "Mod-s", run: () => { save(); return true; } },
    { key: "Enter", run: openLine },
    { key: "Tab", run: (view) => cm.acceptCompletion(view) || cm.insertTab(view), shift: cm.indentLess },
    ...cm.closeBracketsKeymap, ...cm.completionKeymap, ...cm.defaultKeymap, ...cm.historyKeymap, ...cm.searchKeymap, ...cm.lintKeymap,
  ];
}

/**
 * The editor. `changed` is called with a new text, `moved` with the line of the cursor.
 * @param {{ changed: (text: string) => void, moved: (line: number) => void, save: () => void }} listeners
 */
export function makeEditor(parent, text, { changed, moved, save }) {
  const view = new cm.EditorView({
    parent,
    doc: text,
    extensions: [
      cm.lineNumbers(), cm.history(), cm.drawSelection(), cm.highlightActiveLine(), cm.highlightSelectionMatches(),
      cm.bracketMatching(), cm.closeBrackets(), cm.indentUnit.of("    "), cm.EditorState.tabSize.of(4), marks,
      cm.EditorView.inputHandler.of(closeBlock),
      cm.autocompletion({ override: [complete] }), cm.hoverTooltip(figures), cm.keymap.of(keys(save)),
      cm.EditorView.contentAttributes.of({ "aria-label": "Spec", spellcheck: "false" }),
      cm.EditorView.updateListener.of((update) => {
        if (update.docChanged) changed(update.state.doc.toString());
        const line = update.state.doc.lineAt(update.state.selection.main.head).number;
        if (update.selectionSet || update.docChanged) moved(line);
      }),
    ],
  });
  return {
    view,
    replace: (newText) => replace(view, newText),
    /** Show what the engine said of the text that stands there. */
    show(answer) {
      known = answer;
      const length = view.state.doc.length;
      view.dispatch({ effects: setMarks.of(decorations(answer)) });
      view.dispatch(cm.setDiagnostics(view.state, answer.diagnostics.map((found) => shown(found, length))));
    },
    mend: (edits) => apply(view, edits),
    /** Put the cursor on a line and show it. */
    goTo(line, focus = true) {
      const place = view.state.doc.line(Math.max(1, Math.min(line, view.state.doc.lines)));
      view.dispatch({ selection: { anchor: place.from }, effects: cm.EditorView.scrollIntoView(place.from, { y: "center" }) });
      if (focus) view.focus();
    },
  };
}
