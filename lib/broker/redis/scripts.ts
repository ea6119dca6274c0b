import type {
  DeadMessage,
  DeadRecord,
  NewMessage,
  QueueCounts,
  StoredEnvelope,
  StoredResult,
} from '../../queue/broker.js';
import type { QueueKeys } from './keys.js';
import { readSpan, writePages } from './pages.js';
import { Script, type Client } from './script.js';

// One typed wrapper a script; claim, the largest, has a file of its own. The header of each Lua file says what goes in
// and comes out.

const scripts = {
  add: new Script('add'),
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
  const { spans, texts } = writePages(batch);
  const args = [call.producer, call.sequence, call.deadline, call.answered, spans, ...texts];
  const names = [keys.messages, keys.ready, keys.wake, keys.producers, keys.meta];
  const [status, now] = (await scripts.add.run(client, names, args)) as [number, number];
  return { status: ADD_STATUS.get(status) ?? 'expired', now };
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
  ]);
  const reply = (await scripts.sweep.run(
    client,
    names,
    queues.map(({ lease }) => lease),
  )) as number[];
  return queues.map((_, i) => [reply[2 * i] === 1, reply[2 * i + 1] ?? -1]);
}

export async function clear(client: Client, keys: QueueKeys, most: number): Promise<StoredEnvelope[]> {
  const { messages, ready, suspects, delayed, histories, parted, meta } = keys;
  const names = [messages, ready, suspects, delayed, histories, parted, meta];
  const reply = (await scripts.clear.run(client, names, [most])) as (string | number)[];
  const removed: StoredEnvelope[] = [];
  for (let i = 0; i < reply.length; i += 3) {
    const [first, count, joined] = reply.slice(i, i + 3) as [string, number, string];
    if (count === 1) removed.push({ id: first, envelope: joined });
    else removed.push(...readSpan(first, count, joined));
  }
  return removed;
}

export async function counts(client: Client, keys: QueueKeys): Promise<QueueCounts> {
  const names = [
    keys.ready,
    keys.suspects,
    keys.delayed,
    keys.consumers,
    keys.recovering,
    keys.dead,
    keys.meta,
  ];
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
