import type { Call } from './network.js';
import { idsOfSpans, type Snapshot } from './snapshot.js';

// Which messages a script may move, and where to.

/** A call that was executed, with what lay in Redis before and after. */
export interface Executed {
  readonly call: Call;
  readonly reply: readonly unknown[];
  readonly before: Snapshot;
  readonly after: Snapshot;
  /** Server time, ms. */
  readonly now: number;
}

type Place = string | undefined;

/** Whether a message may go from one place to the other; undefined is nowhere. Both may be the same. */
export type Rule = (id: string, from: Place, to: Place) => boolean;

export function ruleOf(run: Executed): Rule {
  const { script, args } = run.call;
  switch (script) {
    case 'claim':
      return claimRule(run);
    case 'clear':
      return clearRule(run);
    case 'scout':
      return (_, from, to) => from === to || (from === 'ready' && to === `active:${args[0]}`);
    case 'give_back':
      return (_, from, to) => from === to || (from === `active:${args[0]}` && to === 'ready');
    default:
      return (_, from, to) => from === to;
  }
}

/** What waits may go, if its envelope is answered. */
function clearRule({ reply, before }: Executed): Rule {
  const told = new Map<string, string>();
  for (let i = 0; i < reply.length; i += 3) {
    const [first, count, joined] = reply.slice(i, i + 3) as [string, number, string];
    const envelopes = count === 1 ? [joined] : joined.split(',\n');
    for (const [n, envelope] of envelopes.entries()) {
      told.set(first.slice(0, 20) + String(Number(first.slice(20)) + n).padStart(2, '0'), envelope);
    }
  }
  return (id, from, to) =>
    from === to || (to === undefined && WAITING.has(from ?? '') && told.get(id) === before.envelopeOf(id));
}

const WAITING = new Set(['ready', 'suspects', 'delayed']);

function claimRule(run: Executed): Rule {
  const { args } = run.call;
  const [, consumer = '', sequence] = args;
  const mine = `active:${consumer}`;
  const last = run.before.text(`call:${consumer}`) ?? '0';
  // A repeat, what comes too late, and what has lost its lease, move nothing.
  const isApplied = run.reply[0] === 1 && Number.parseInt(last, 10) < Number(sequence);
  if (!isApplied) return (_, from, to) => from === to;
  const said = saidBy(args);
  return (id, from, to) => {
    if (from === to) return from !== mine || !ENDS.has(said.get(id) ?? '');
    if (from === mine) return isSettled(said.get(id), to);
    const [, kind, holder] = /^(active|recovering):(.*)$/.exec(from ?? '') ?? [];
    if (holder === `${consumer}+` && to === mine && run.before.entries.get(id) === args[7]) return true;
    if (holder !== undefined)
      return (kind === 'recovering' || hasExpired(run, holder)) && isRecovered(run, id, holder, to);
    if (from === 'suspects') return to === mine && isAlone(run, consumer);
    if (from === 'delayed' && !isDue(run, id)) return false;
    return to === mine || (from === 'delayed' && (to === 'ready' || to === 'suspects'));
  };
}

type Said = 'done' | 'dead' | 'released' | 'delayed';

const ENDS = new Set<string>(['done', 'dead']);

/** What the arguments of a claim say about loans; the header of claim.lua lists them. */
function saidBy(args: readonly string[]): ReadonlyMap<string, Said> {
  const said = new Map<string, Said>();
  const say = (what: Said, spans = ''): void => idsOfSpans(spans).forEach((id) => said.set(id, what));
  const [delayed, dead] = [Number(args[12]), Number(args[13])];
  say('done', args[10]);
  say('released', args[11]);
  for (let i = 0; i < delayed; i++) say('delayed', args[15 + 3 * i]);
  for (let i = 0; i < dead; i++) say('dead', args[15 + 3 * delayed + 2 * i]);
  return said;
}

/** What waits again may be due at once; and may be granted at once, which is no move. */
function isSettled(said: Said | undefined, to: Place): boolean {
  if (said === 'done') return to === undefined;
  if (said === 'dead') return to === 'dead';
  return said !== undefined && WAITING.has(to ?? '');
}

function hasExpired({ before, now }: Executed, consumer: string): boolean {
  return Number(before.fields('consumers').get(consumer)) <= now;
}

/** It goes to others, or on being recovered; and has crashed once more, unless only a scout had it. */
function isRecovered({ call, before, after }: Executed, id: string, holder: string, to: Place): boolean {
  if (to === `recovering:${holder}`) return true;
  const crashes = before.crashesOf(id) + (holder.endsWith('+') ? 0 : 1);
  if (to === 'dead') return !holder.endsWith('+') && crashes >= Number(call.args[6]);
  const isThere = to === 'ready' || to === 'suspects' || to === `active:${call.args[1]}`;
  return isThere && after.crashesOf(id) === crashes;
}

function isAlone({ after }: Executed, consumer: string): boolean {
  return after.loansOf(consumer).length === 1 && after.loansOf(`${consumer}+`).length === 0;
}

function isDue({ before, now }: Executed, id: string): boolean {
  return Number(before.fields('delayed').get(id)) <= now;
}
