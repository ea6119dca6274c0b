import {
  Malformed,
  type Batch,
  type Claim,
  type DeadMessage,
  type DeadRecord,
  type History,
  type NewMessage,
  type QueueCounts,
  type Settlements,
  type StoredEnvelope,
  type StoredResult,
} from '../../queue/broker.js';
import { parseEnvelope, parseJoined, splitIds } from '../../queue/envelope.js';
import { ID_LENGTH } from '../../queue/message-id.js';
import type { QueueKeys } from './keys.js';
import { Script, type Client } from './script.js';

// One typed wrapper a script. The header of each Lua file says what goes in and comes out.

const scripts = {
  add: new Script('add'),
  claim: new Script('claim'),
  sweep: new Script('sweep'),
  clear: new Script('clear'),
  counts: new Script('counts'),
  listDead: new Script('list_dead'),
  storeResults: new Script('store_results'),
};

export interface AddReply {
  readonly status: 'stored' | 'repeat' | 'expired' | 'early';
  /** Server time, ms. */
  readonly now: number;
}

export interface AddCall {
  readonly producer: string;
  readonly sequence: number;
  /** Up to this number the producer has all its answers. */
  readonly answered: number;
  /** In server time, ms: past it the call is refused. */
  readonly deadline: number;
}

const ADD_STATUS = new Map<number, AddReply['status']>([
  [1, 'stored'],
  [0, 'repeat'],
  [-1, 'expired'],
  [-2, 'early'],
]);

export async function add(
  client: Client,
  keys: QueueKeys,
  call: AddCall,
  batch: readonly NewMessage[],
): Promise<AddReply> {
  let ids = '';
  let envelopes = '';
  for (const { id, envelope } of batch) {
    ids += id;
    envelopes += envelopes === '' ? envelope : `\n${envelope}`;
  }
  const args = [call.producer, call.sequence, call.deadline, ids, envelopes, call.answered];
  const names = [keys.messages, keys.ready, keys.wake, keys.producers];
  const [status, now] = (await scripts.add.run(client, names, args)) as [number, number];
  return { status: ADD_STATUS.get(status) ?? 'expired', now };
}

export interface ClaimCall {
  readonly consumer: string;
  readonly sequence: number;
  readonly lease: number;
  readonly maxCrashes: number;
  readonly want: number;
  readonly holds: boolean;
  readonly settlements: Settlements;
}

type ClaimReply = [number, string, string, string, number, number, string, string, number];

export async function claim(client: Client, keys: QueueKeys, call: ClaimCall): Promise<Claim> {
  const reply = (await scripts.claim.run(
    client,
    claimKeys(keys, call.consumer),
    claimArgs(keys, call),
  )) as ClaimReply;
  const [status, joinedIds, joined, histories, flags, due, buriedIds, buried, droppedDead] = reply;
  return {
    lost: status === -1,
    count: joinedIds.length / ID_LENGTH,
    read: () => readBatch(client, keys, joinedIds, joined, histories),
    size: joined.length,
    alone: (flags & 1) !== 0,
    suspects: (flags & 2) !== 0,
    more: (flags & 4) !== 0,
    dueIn: due < 0 ? undefined : due,
    buried: buriedIds === '' ? [] : await readBuried(client, keys, buriedIds, buried),
    droppedDead,
  };
}

/** Looks at idle queues, given with their leases (ms); answers [work, due in ms or -1] for each. */
export async function sweep(
  client: Client,
  queues: readonly { readonly keys: QueueKeys; readonly lease: number }[],
): Promise<[work: boolean, due: number][]> {
  const names = queues.flatMap(({ keys }) => [
    keys.ready,
    keys.suspects,
    keys.delayed,
    keys.consumers,
    keys.recovering,
    keys.meta,
    keys.histories,
  ]);
  const reply = (await scripts.sweep.run(
    client,
    names,
    queues.map(({ lease }) => lease),
  )) as number[];
  return queues.map((_, i) => [reply[2 * i] === 1, reply[2 * i + 1] ?? -1]);
}

export async function clear(client: Client, keys: QueueKeys, most: number): Promise<StoredEnvelope[]> {
  const names = [keys.messages, keys.ready, keys.suspects, keys.delayed, keys.histories];
  const reply = (await scripts.clear.run(client, names, [most])) as string[];
  const removed: StoredEnvelope[] = [];
  for (let i = 0; i < reply.length; i += 2)
    removed.push({ id: reply[i] ?? '', envelope: reply[i + 1] ?? '' });
  return removed;
}

export async function counts(client: Client, keys: QueueKeys): Promise<QueueCounts> {
  const names = [keys.ready, keys.suspects, keys.delayed, keys.consumers, keys.recovering, keys.dead];
  const [ready, delayed, onLoan, dead] = (await scripts.counts.run(client, names, [keys.base])) as [
    number,
    number,
    number,
    number,
  ];
  return { ready, delayed, onLoan, dead };
}

export async function listDead(
  client: Client,
  keys: QueueKeys,
  offset: number,
  limit: number,
): Promise<DeadMessage[]> {
  const names = [keys.messages, keys.dead, keys.reasons];
  const reply = (await scripts.listDead.run(client, names, [offset, offset + limit - 1])) as string[];
  const dead: DeadMessage[] = [];
  for (let i = 0; i < reply.length; i += 4) {
    const [id = '', at, record = '{}', envelope = ''] = reply.slice(i, i + 4);
    dead.push({ id, at: Number(at), record: JSON.parse(record) as DeadRecord, envelope });
  }
  return dead;
}

export async function storeResults(
  client: Client,
  keys: QueueKeys,
  results: readonly StoredResult[],
): Promise<void> {
  const items = results.flatMap(({ id, ttl, result }) => [id, ttl, result]);
  await scripts.storeResults.run(client, [keys.results], [keys.base, ...items]);
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
    keys.wake,
    keys.active(consumer),
    keys.call(consumer),
  ];
}

function claimArgs(keys: QueueKeys, call: ClaimCall): (string | number)[] {
  const { done, released, delayed, dead, results } = call.settlements;
  const args: (string | number)[] = [keys.base, call.consumer, call.sequence, call.lease, call.want];
  args.push(call.holds ? 1 : 0, call.maxCrashes);
  args.push(done.join(''), released.join(''), delayed.length, dead.length, results.length);
  for (const { id, delay, history } of delayed) {
    args.push(id, delay, `${history.attempts} ${history.crashes} ${history.refusals}`);
  }
  for (const { id, record } of dead) args.push(id, record);
  for (const { id, ttl, result } of results) args.push(id, ttl, result);
  return args;
}

function readHistories(ids: readonly string[], lines: string): ReadonlyMap<string, History> {
  if (lines === '') return NO_HISTORIES;
  const histories = new Map<string, History>();
  for (const line of lines.split('\n')) {
    const [index = 0, attempts = 0, crashes = 0, refusals = 0] = line.split(' ').map(Number);
    histories.set(ids[index] ?? '', { attempts, crashes, refusals });
  }
  return histories;
}

const NO_HISTORIES: ReadonlyMap<string, History> = new Map();

function readBatch(
  client: Client,
  keys: QueueKeys,
  joinedIds: string,
  joined: string,
  histories: string,
): Batch | Promise<Batch> {
  const envelopes = parseJoined(joinedIds, joined);
  if (!envelopes) return readBatchOneByOne(client, keys, splitIds(joinedIds), histories);
  // These ids are strings of their own; cut out of the joined ones they would keep those alive.
  const ids = envelopes.map((envelope) => envelope.id);
  return { ids, envelopes, histories: readHistories(ids, histories) };
}

async function readBatchOneByOne(
  client: Client,
  keys: QueueKeys,
  ids: readonly string[],
  histories: string,
): Promise<Batch> {
  const envelopes = await readOneByOne(client, keys, ids);
  return { ids, envelopes, histories: readHistories(ids, histories) };
}

const RETRY = 200;

/** For what must be read once its ids were granted, whatever Redis says meanwhile (LOADING, BUSY): or they would be stranded. */
async function untilAnswered<T>(client: Client, call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (client.status === 'end') throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY));
    }
  }
}

async function readOneByOne(client: Client, keys: QueueKeys, ids: readonly string[]): Promise<unknown[]> {
  const texts = await untilAnswered(client, () => client.hmget(keys.messages, ...ids));
  return ids.map((id, i) => {
    const text = texts[i];
    return typeof text === 'string' ? parseEnvelope(id, text) : new Malformed('');
  });
}

/** Text is needed here, and these are few: joined they only save the Lua reply. */
async function readBuried(
  client: Client,
  keys: QueueKeys,
  joinedIds: string,
  joined: string,
): Promise<StoredEnvelope[]> {
  const ids = splitIds(joinedIds);
  const parsed: readonly unknown[] =
    parseJoined(joinedIds, joined) ?? (await readOneByOne(client, keys, ids));
  return ids.map((id, i) => {
    const envelope = parsed[i];
    return { id, envelope: envelope instanceof Malformed ? envelope.text : JSON.stringify(envelope) };
  });
}
