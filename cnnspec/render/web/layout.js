"use strict";
// Where Graphviz puts what is open: its DOT, Graphviz itself, and what it answers.

function inches(points) {
  return (points / 72).toFixed(4);
}

function quote(text) {
  return '"' + text.replace(/\\/g, "\\\\").replace(/"/g, '\\"') + '"';
}

// Where a net comes up again (U-Net): the boxes of the way up, and the row of every box, with skip connections level
// and inputs above the body; null where there is no such thing. The same rules as in rising.py.
function findRising({ boxes, owner }, links) {
  const inLeaves = new Map(boxes.map((number) => [number, []]));
  for (const [leaf, box] of owner) inLeaves.get(box).push(leaf);
  const up = new Set(boxes.filter((number) => inLeaves.get(number).some((leaf) => rising.has(leaf))));
  const across = [...links.values()].filter((link) => up.has(link.target) && !up.has(link.source));
  if (across.filter((link) => link.skip).length < 2) return null;
  const level = new Map(boxes.map((number) => [number, number]));
  const rowOf = (number) => { while (level.get(number) !== number) number = level.get(number); return number; };
  // The way up may begin at the end of a skip connection: then it comes from below.
  const climbs = (link) => across.includes(link) && !link.skip && across.some((other) => other.skip && other.target === link.target);
  for (const link of across) if (!climbs(link)) level.set(rowOf(link.target), rowOf(link.source));
  const above = new Map(boxes.map((number) => [rowOf(number), new Set()]));
  for (const link of links.values()) {
    const rises = up.has(link.source) || climbs(link);
    const [upper, lower] = rises ? [link.target, link.source] : [link.source, link.target];
    if (!across.includes(link) || rowOf(upper) !== rowOf(lower)) above.get(rowOf(lower)).add(rowOf(upper));
  }
  const inputs = data.inputs.map((leaf) => owner.get(leaf));
  for (const number of boxes) {
    if (inputs.includes(number) || items[items[number].parent].head) continue;
    inputs.forEach((input) => above.get(rowOf(number)).add(rowOf(input)));
  }
  const rows = new Map(), waiting = new Set();
  const place = (row) => {
    if (rows.has(row)) return true;
    if (waiting.has(row)) return false;
    waiting.add(row);
    if (![...above.get(row)].every(place)) return false;
    rows.set(row, Math.max(-1, ...[...above.get(row)].map((upper) => rows.get(upper))) + 1);
    return true;
  };
  if (![...above.keys()].every(place)) return null;
  return { up, inputs, rows: new Map(boxes.map((number) => [number, rows.get(rowOf(number))])) };
}

function linkSource(link, risen) {
  const upwards = risen !== null && (risen.up.has(link.source) || risen.rows.get(link.target) < risen.rows.get(link.source));
  const across = risen !== null && !upwards && risen.up.has(link.target);
  const [tail, head] = upwards ? [link.target, link.source] : [link.source, link.target];
  const rows = risen === null ? 1 : risen.rows.get(head) - risen.rows.get(tail);
  const weight = link.training || (link.skip && !across) ? 1 : 8;
  const label = link.words ? ` label=${quote(link.words)}` : "";
  return `n${tail} -> n${head} [weight=${weight} minlen=${rows}${upwards ? " dir=back" : ""}${label}]`;
}

function dotSource(shown, links) {
  const risen = findRising(shown, links);
  const lines = [
    `digraph { graph [rankdir=${data.direction} ranksep=${inches(data.rankGap)} nodesep=${inches(data.sideGap)}`,
    `splines=spline labeljust=l fontname=Helvetica fontsize=${data.titleSize} bgcolor=white]`,
    'node [shape=box fixedsize=true label=""] edge [arrowsize=0.6 fontname=Helvetica fontsize=10]',
  ];
  const visit = (number) => {
    const item = items[number];
    if (!(open.has(number) && item.children.length)) {
      const shape = item.round ? " shape=circle" : "";
      const group = risen === null ? "" : ` group=${risen.up.has(number) ? "up" : "down"}`;
      lines.push(`n${number} [width=${inches(item.width)} height=${inches(item.height)}${shape}${group}]`);
      return;
    }
    if (item.frame) lines.push(`subgraph cluster_${number} { label=${quote(item.frame)} margin=10`);
    item.children.forEach(visit);
    if (item.frame) lines.push("}");
  };
  visit(0);
  for (const link of links.values()) lines.push(linkSource(link, risen));
  if (risen !== null) {
    for (const input of risen.inputs) {
      for (const number of risen.up) {
        if (risen.rows.get(number) === risen.rows.get(input) + 1) lines.push(`n${input} -> n${number} [style=invis]`);
      }
    }
  }
  return lines.join("\n") + "\n}";
}

function readLayout(found) {
  const height = +found.bb.split(",")[3], width = +found.bb.split(",")[2];
  const point = (text) => { const [x, y] = text.split(","); return [+x, height - y]; };
  const layout = { width, height, boxes: {}, frames: {}, routes: {} }, names = {};
  for (const thing of found.objects || []) {
    if (thing.name.startsWith("cluster_")) {
      const [left, low, right, high] = thing.bb.split(",").map(Number);
      layout.frames[thing.name.slice(8)] = [left, height - high, right - left, high - low];
    } else {
      names[thing._gvid] = thing.name.slice(1);
      layout.boxes[thing.name.slice(1)] = point(thing.pos);
    }
  }
  for (const edge of found.edges || []) {
    if (edge.style === "invis") continue;
    const words = edge.pos.split(";")[0].split(" ");
    const points = words.filter((word) => !/^[es],/.test(word)).map(point);
    const end = words.find((word) => /^[es],/.test(word));
    const ends = [names[edge.tail], names[edge.head]];
    if (edge.dir === "back") { points.reverse(); ends.reverse(); }
    const tip = end ? point(end.slice(2)) : points[points.length - 1];
    layout.routes[ends.join("-")] = { points, tip, label: edge.lp ? point(edge.lp) : null };
  }
  return layout;
}

// Graphviz asks a system for little: the time, random numbers, and a place for its warnings.
let engine = null;
async function loadEngine() {
  const packed = atob(document.getElementById("engine").textContent.trim());
  const bytes = Uint8Array.from(packed, (char) => char.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const module = await WebAssembly.compile(await new Response(stream).arrayBuffer());
  const memory = () => new DataView(instance.exports.memory.buffer);
  const answers = {
    environ_sizes_get: (count, length) => { memory().setUint32(count, 0, true); memory().setUint32(length, 0, true); return 0; },
    environ_get: () => 0,
    clock_time_get: (id, precision, time) => { memory().setBigUint64(time, 0n, true); return 0; },
    random_get: (start, length) => { new Uint8Array(instance.exports.memory.buffer, start, length).fill(0); return 0; },
    fd_write: (file, parts, count, written) => {
      let total = 0;
      for (let place = 0; place < count; place++) total += memory().getUint32(parts + 8 * place + 4, true);
      memory().setUint32(written, total, true);
      return 0;
    },
    proc_exit: (code) => { throw new Error("Graphviz stopped with " + code); },
  };
  const system = {};
  for (const { name } of WebAssembly.Module.imports(module)) system[name] = answers[name] || (() => 8);
  const instance = await WebAssembly.instantiate(module, { wasi_snapshot_preview1: system });
  return instance.exports;
}

async function layOut(source) {
  engine = engine || loadEngine();
  const calls = await engine;
  const text = (value) => {
    const bytes = new TextEncoder().encode(value + "\0");
    const start = calls.malloc(bytes.length);
    new Uint8Array(calls.memory.buffer).set(bytes, start);
    return start;
  };
  const held = [text(source), text("json0"), text("dot"), calls.malloc(4)];
  const result = calls.graphviz_render(...held);
  const length = new DataView(calls.memory.buffer).getUint32(held[3], true);
  const answer = result ? new TextDecoder().decode(new Uint8Array(calls.memory.buffer, result, length)) : "";
  if (result) calls.graphviz_free(result);
  held.forEach((start) => calls.graphviz_free(start));
  if (!result) throw new Error("Graphviz could not lay out the diagram");
  return readLayout(JSON.parse(answer));
}
