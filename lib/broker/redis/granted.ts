import { Malformed, type Batch, type History, type StoredEnvelope } from '../../queue/broker.js';
import { parseEnvelope, parseJoined, splitIds } from '../../queue/envelope.js';
import type { QueueKeys } from './keys.js';
import type { Client } from './script.js';

// Reads what a claim answers: ids and envelopes come joined, and one by one when they can't be told apart.

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

/** The messages that a claim granted; a promise only when something has to be read again. */
export function readBatch(
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

/** The messages that a claim buried. Text is needed here, and these are few: joined they only save the Lua reply. */
export async function readBuried(
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
