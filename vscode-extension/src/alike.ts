// Parts of a wait graph that look the same are drawn once, with how many there are: two thousand pairs of a task and the one
// that it waits for are one pair. What is left is cut where a picture would show no more.
import type { PartyRow, WaitRow, WaitsAnswer } from './graph';

interface Part {
  nodes: number[];
  edges: number[];
  cycle: boolean;
}

// The connected parts, in the order of their first waits; the adapter tells deadlocks first.
function partsOf(answer: WaitsAnswer): Part[] {
  const parent = new Map<number | string, number | string>();
  const find = (one: number | string): number | string => {
    let root = one;
    for (let up = parent.get(root); up !== undefined; up = parent.get(root)) root = up;
    for (let at = one; at !== root; ) {
      const up = parent.get(at) as number | string;
      parent.set(at, root);
      at = up;
    }
    return root;
  };
  const join = (a: number | string, b: number | string): void => {
    const [from, to] = [find(a), find(b)];
    if (from !== to) parent.set(from, to);
  };
  for (const edge of answer.edges) {
    for (const holder of edge.holders) join(edge.from, holder.to);
    if (edge.holders.length === 0) join(edge.from, edge.resource); // those who wait for one thing meet there
  }
  for (const cycle of answer.cycles) cycle.forEach((edge) => join(answer.edges[edge]?.from ?? 0, answer.edges[cycle[0] ?? 0]?.from ?? 0));
  const inCycle = new Set(answer.cycles.flat());
  const parts = new Map<number | string, Part>();
  const seen = new Set<number>();
  const put = (part: Part, node: number): void => {
    if (!seen.has(node)) part.nodes.push(node);
    seen.add(node);
  };
  answer.edges.forEach((edge, index) => {
    const root = find(edge.from);
    const part = parts.get(root) ?? { nodes: [], edges: [], cycle: false };
    parts.set(root, part);
    part.edges.push(index);
    part.cycle ||= inCycle.has(index);
    put(part, edge.from);
    for (const holder of edge.holders) put(part, holder.to);
  });
  return [...parts.values()];
}

const vague = (text: string): string => text.replace(/,.*$/s, '').replace(/\d+/g, '#');

// All that is drawn of a part but for the numbers of its tasks.
function lookOf(answer: WaitsAnswer, part: Part): string {
  const number = new Map(part.nodes.map((node, index) => [node, index]));
  const things = new Map<string, number>();
  const thing = (resource: string): number => things.get(resource) ?? (things.set(resource, things.size), things.size - 1);
  const nodes = part.nodes.map((index) => {
    const node = answer.nodes[index] as PartyRow;
    return [node.kind, node.root, vague(node.text), node.count, node.source?.path, node.line];
  });
  const edges = part.edges.map((index) => {
    const edge = answer.edges[index] as WaitRow;
    return [number.get(edge.from), vague(edge.waits), edge.must, edge.kept, edge.line, edge.moreHolders, edge.holders.length ? '' : thing(edge.resource), edge.holders.map((holder) => [number.get(holder.to), holder.part, holder.how])];
  });
  return JSON.stringify([nodes, edges]);
}

export function withoutNumbers(waits: string): string {
  return waits.replace(/\btask \d+/g, 'a task');
}

// At most `most` waits, of which those that look the same are one; deadlocks are told one by one. `drawn`: how many waits the
// picture stands for.
export function alike(answer: WaitsAnswer, most: number): { answer: WaitsAnswer; drawn: number } {
  const groups = new Map<string, { part: Part; times: number }>();
  for (const [index, part] of partsOf(answer).entries()) {
    const look = part.cycle || part.nodes.some((node) => answer.nodes[node]?.kind === 'thread') ? String(index) : lookOf(answer, part);
    const group = groups.get(look);
    if (group) group.times++;
    else groups.set(look, { part, times: 1 });
  }
  const out: WaitsAnswer = { total: answer.total, nodes: [], edges: [], cycles: [] };
  const newEdge = new Map<number, number>();
  let drawn = 0;
  for (const { part, times } of groups.values()) {
    if (out.edges.length > 0 && out.edges.length + part.edges.length > most) continue;
    const newNode = new Map<number, number>();
    for (const index of part.nodes) {
      const node = answer.nodes[index] as PartyRow;
      newNode.set(index, out.nodes.length);
      out.nodes.push({ ...node, count: node.count * times });
    }
    for (const index of part.edges) {
      const edge = answer.edges[index] as WaitRow;
      newEdge.set(index, out.edges.length);
      const holders = edge.holders.map((holder) => ({ ...holder, to: newNode.get(holder.to) as number }));
      out.edges.push({ ...edge, from: newNode.get(edge.from) as number, holders, waits: times > 1 ? withoutNumbers(edge.waits) : edge.waits });
    }
    drawn += part.edges.length * times;
  }
  out.cycles = answer.cycles.filter((cycle) => cycle.every((edge) => newEdge.has(edge))).map((cycle) => cycle.map((edge) => newEdge.get(edge) as number));
  return { answer: out, drawn };
}
