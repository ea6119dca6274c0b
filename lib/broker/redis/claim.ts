import type { Claim, Settlements } from '../../queue/broker.js';
import { ID_LENGTH } from '../../queue/message-id.js';
import { readBatch, readBuried, readSheaves } from './granted.js';
import type { QueueKeys } from './keys.js';
import type { SettledLoans } from './loan-book.js';
import { scoutOf } from './scout.js';
import { Script, type Client } from './script.js';
import { countOf, entryOf } from './span.js';

// The typed wrapper of claim.lua, whose header says what goes in and comes out.

const script = new Script('claim');

export interface ClaimCall {
  readonly consumer: string;
  readonly sequence: number;
  readonly lease: number;
  readonly maxCrashes: number;
  readonly want: number;
  /** The last call that was answered, if it holds something. */
  readonly answered: number;
  /** What it adopts of its scout. */
  readonly adopts: string | undefined;
  readonly settlements: Settlements;
  /** What the settlements mean for the loans. */
  readonly loans: SettledLoans;
}

/** A claim, and the spans that it granted. */
export interface Grant extends Claim {
  readonly spans: readonly string[];
}

/** As in recover.lua: instead of a consumer's last call, once nothing more is to be heard from it. */
const LOST = 'lost';
/** For so long something may be on its way from a connection given up as dead, in ms. */
const LATEST = 60_000;

type ClaimReply = [number, string, number, number, string, string, number, ...string[]];

export async function claim(client: Client, keys: QueueKeys, call: ClaimCall): Promise<Grant> {
  const reply = (await script.run(
    client,
    claimKeys(keys, call.consumer),
    claimArgs(keys, call),
  )) as ClaimReply;
  const [status, histories, flags, due, buriedIds, buried, droppedDead, ...granted] = reply;
  const sheaves = readSheaves(granted);
  const spans = sheaves.flatMap((sheaf) => sheaf.spans);
  return {
    spans,
    lost: status === -1,
    count: spans.reduce((sum, span) => sum + countOf(span), 0),
    // Once read, they are nobody's: a claim may be in reach of the collector for longer than its messages.
    read: () => readBatch(client, keys, sheaves.splice(0), histories),
    size: sheaves.reduce((sum, { joined }) => sum + joined.length, 0),
    alone: (flags & 1) !== 0,
    suspects: (flags & 2) !== 0,
    more: (flags & 4) !== 0,
    gone: (flags & 8) !== 0 && call.adopts !== undefined ? [call.adopts.slice(0, ID_LENGTH)] : undefined,
    dueIn: due < 0 ? undefined : due,
    buried: buriedIds === '' ? [] : await readBuried(client, keys, splitIds(buriedIds), buried),
    droppedDead,
  };
}

/** The consumer has ended: a call of its that comes late does nothing. */
export async function endCalls(client: Client, keys: QueueKeys, consumer: string): Promise<void> {
  await client.set(keys.call(consumer), LOST, 'PX', LATEST);
}

function splitIds(joined: string): string[] {
  const ids: string[] = [];
  for (let at = 0; at < joined.length; at += ID_LENGTH) ids.push(joined.slice(at, at + ID_LENGTH));
  return ids;
}

function claimKeys(keys: QueueKeys, consumer: string): string[] {
  return [
    keys.messages,
    keys.ready,
    keys.suspects,
    keys.delayed,
    keys.consumers,
    keys.recovering,
    keys.histories,
    keys.dead,
    keys.reasons,
    keys.meta,
    keys.parted,
    keys.wake,
    keys.active(consumer),
    keys.call(consumer),
    keys.active(scoutOf(consumer)),
  ];
}

function claimArgs(keys: QueueKeys, { loans, settlements, ...call }: ClaimCall): (string | number)[] {
  const { delayed, dead, results } = settlements;
  const args: (string | number)[] = [keys.base, call.consumer, call.sequence, call.lease, call.want];
  args.push(call.answered, call.maxCrashes, call.adopts === undefined ? '' : entryOf(call.adopts));
  args.push(loans.ended, loans.kept, loans.done, loans.released);
  args.push(delayed.length, dead.length, results.length);
  for (const [i, { delay, history }] of delayed.entries()) {
    args.push(loans.delayed[i] ?? '', delay, `${history.attempts} ${history.crashes} ${history.refusals}`);
  }
  for (const [i, { record }] of dead.entries()) args.push(loans.dead[i] ?? '', record);
  for (const { id, ttl, result } of results) args.push(id, ttl, result);
  return args;
}
