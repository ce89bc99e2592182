// The answer of stackful/waits as what a graph library draws: plain data, no VS Code and no browser.
import { alike, withoutNumbers } from './alike';
import type { Place } from './protocol';

export interface PartyRow extends Place {
  kind: 'task' | 'thread';
  id: string;
  threadId: number;
  root: string;
  text: string;
  count: number; // how many it stands for
}
export interface WaitRow extends Place {
  from: number;
  waits: string;
  resource: string;
  must: boolean;
  kept: boolean;
  holders: { to: number; part: string; how: string }[];
  moreHolders?: number;
}
export interface WaitsAnswer {
  total: number;
  nodes: PartyRow[];
  edges: WaitRow[];
  cycles: number[][];
}

export interface GraphNode {
  id: string;
  label: string;
  told: string; // all that is known, for the line at the bottom
  kind: 'task' | 'thread' | 'unknown';
  cycle: boolean;
  place: Place | undefined;
}
export interface GraphEdge {
  id: string;
  from: string;
  to: string;
  label: string;
  told: string;
  cycle: boolean;
  sure: boolean; // one alone holds it, and the waiter can't go on without it
  place: Place | undefined;
}
export interface Graph {
  nodes: GraphNode[];
  edges: GraphEdge[];
  summary: string;
}

const placed = (place: Place): Place | undefined => (place.source?.path && place.line > 0 ? place : undefined);
const at = (place: Place): string => (place.source?.name && place.line > 0 ? `${place.source.name}:${place.line}` : '');
const joined = (parts: string[]): string => parts.filter((part) => part).join(' · ');

// "waits for a Mutex, 3 ahead: task 4" is "a Mutex"; "waits for task 5 to finish (…)" is "task 5 to finish".
export function thing(waits: string): string {
  return waits.replace(/^waits for /, '').replace(/(, | \().*$/s, '');
}

// Long paths are cut at their head: what tells roots apart is at the end.
export function short(name: string, most = 34): string {
  return name.length <= most ? name : `…${name.slice(name.length - most + 1)}`;
}

const verbs: Record<string, string> = { all: 'has it', share: 'has a part of it', sender: 'could send it', receiver: 'receives from it' };

// Of each wait in a cycle the node that it leads to: the next one's.
function leads(answer: WaitsAnswer): Map<number, number> {
  const found = new Map<number, number>();
  for (const cycle of answer.cycles) cycle.forEach((edge, index) => found.set(edge, answer.edges[cycle[(index + 1) % cycle.length] ?? -1]?.from ?? -1));
  return found;
}

function party(row: PartyRow): string {
  const what = row.kind === 'task' ? 'task' : 'thread';
  return row.count > 1 ? `${row.count} tasks` : `${what} ${row.id}`;
}

export const mostAsked = 5000; // waits, of the adapter
const mostDrawn = 400;

export function countsOf(answer: WaitsAnswer, drawn: number): string {
  const plural = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;
  const parts = [
    answer.cycles.length ? plural(answer.cycles.length, 'deadlock') : 'no deadlock is seen',
    plural(answer.nodes.reduce((sum, node) => sum + (node.kind === 'task' ? node.count : 0), 0), 'task'),
    drawn < answer.total ? `${drawn} of ${answer.total} waits are drawn` : plural(answer.total, 'wait'),
  ];
  return answer.total === 0 ? 'No task waits for a lock, a permit, a oneshot message or another task.' : parts.join(', ');
}

export function graphOf(all: WaitsAnswer): Graph {
  const { answer, drawn } = alike(all, mostDrawn);
  const lead = leads(answer);
  const cycleNodes = new Set(lead.values());
  const nodes = answer.nodes.map((row, index): GraphNode => {
    const text = row.count > 1 ? withoutNumbers(row.text.replace(/,.*$/s, '')) : row.text; // which, and how many are ahead, differs
    const head = row.count > 1 ? `${short(row.root)} × ${row.count}` : `${party(row)} · ${short(row.root)}`;
    return {
      id: `n${index}`,
      label: [head, row.kind === 'task' ? text : '', at(row)].filter((line) => line).join('\n'),
      told: joined([party(row), row.root, text, at(row)]),
      kind: row.kind,
      cycle: cycleNodes.has(index),
      place: placed(row),
    };
  });
  const edges: GraphEdge[] = [];
  const unknown = new Set<string>();
  answer.edges.forEach((row, index) => {
    const common = { from: `n${row.from}`, label: thing(row.waits), place: placed(row) };
    const who = party(answer.nodes[row.from] as PartyRow);
    const kept = row.kept ? 'in a future that nothing polls: it could not go on' : '';
    if (row.holders.length === 0) {
      if (!unknown.has(row.resource)) {
        unknown.add(row.resource);
        const label = `${thing(row.waits)}\nwho has it is not known`;
        nodes.push({ id: row.resource, label, told: `${thing(row.waits)} at ${row.resource}: no suspended future keeps it, so who has it is not known`, kind: 'unknown', cycle: false, place: undefined });
      }
      edges.push({ ...common, id: `e${index}`, to: row.resource, told: joined([`${who} ${row.waits}`, kept, at(row)]), cycle: false, sure: false });
    }
    row.holders.forEach((holder, number) => {
      if (holder.to === row.from && lead.get(index) !== row.from) return; // what it has itself is not what it waits for
      const has = answer.nodes[holder.to] as PartyRow;
      const sure = row.holders.length === 1;
      const more = row.moreHolders ? `and ${row.moreHolders} others` : '';
      const verb = verbs[holder.part];
      const held = verb ? `${party(has)} ${verb} ${holder.how}` : '';
      edges.push({ ...common, id: `e${index}.${number}`, to: `n${holder.to}`, told: joined([`${who} ${row.waits}`, held, more, kept, at(row)]), cycle: lead.get(index) === holder.to, sure: sure && row.must });
    });
    const ahead = lead.get(index);
    if (ahead !== undefined && !row.holders.some((holder) => holder.to === ahead)) {
      const told = joined([`${who} ${row.waits}`, `${party(answer.nodes[ahead] as PartyRow)} is ahead of it in line`, at(row)]);
      edges.push({ ...common, id: `e${index}.ahead`, to: `n${ahead}`, label: 'behind it in line', told, cycle: true, sure: true });
    }
  });
  return { nodes, edges, summary: countsOf(all, drawn) };
}
