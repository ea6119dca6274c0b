import { Malformed, type Batch, type History, type StoredEnvelope } from '../../queue/broker.js';
import { parseEnvelope, type Envelope } from '../../queue/envelope.js';
import { ID_LENGTH } from '../../queue/message-id.js';
import type { QueueKeys } from './keys.js';
import type { Client } from './script.js';
import { splitEnvelopes } from './pages.js';
import { countOf, idsFrom, indexOf, isAlone, pageOf, spanOfOne, splitSpans } from './span.js';

// Reads what a claim answers: envelopes come joined, and are read one by one when they can't be told apart.

/** Some of what a claim granted: spans, and their envelopes, joined by commas. */
export interface Sheaf {
  readonly spans: readonly string[];
  readonly joined: string;
}

/** @param flat joined spans, their envelopes, and so on. */
export function readSheaves(flat: readonly string[]): Sheaf[] {
  const sheaves: Sheaf[] = [];
  for (let i = 0; i < flat.length; i += 2) {
    sheaves.push({ spans: splitSpans(flat[i] as string), joined: flat[i + 1] as string });
  }
  return sheaves;
}

/** The messages that a claim granted; a promise only when something has to be read again. */
export function readBatch(
  client: Client,
  keys: QueueKeys,
  sheaves: readonly Sheaf[],
  histories: string,
): Batch | Promise<Batch> {
  const all: Envelope[] = [];
  for (const { spans, joined } of sheaves) {
    const parsed = parseJoined(spans, joined);
    if (!parsed) return readBatchOneByOne(client, keys, sheaves, histories);
    for (const envelope of parsed) all.push(envelope);
  }
  // These ids are strings of their own; cut out of the spans they would keep those alive.
  const ids = all.map((envelope) => envelope.id);
  return { ids, envelopes: all, histories: readHistories(ids, histories) };
}

/** The messages that a claim buried. Text is needed here, and these are few: joined they only save the Lua reply. */
export async function readBuried(
  client: Client,
  keys: QueueKeys,
  ids: readonly string[],
  joined: string,
): Promise<StoredEnvelope[]> {
  const spans = ids.map(spanOfOne);
  const parsed: readonly unknown[] =
    parseJoined(spans, joined) ?? (await readOneByOne(client, keys, spans)).envelopes;
  return ids.map((id, i) => {
    const envelope = parsed[i];
    return { id, envelope: envelope instanceof Malformed ? envelope.text : JSON.stringify(envelope) };
  });
}

/**
 * Undefined when they are not just the envelopes of these messages. Two broken envelopes can join into a sound one, and a
 * foreign one can hold a comma: so count, and compare.
 */
function parseJoined(spans: readonly string[], joined: string): Envelope[] | undefined {
  let parsed: unknown[];
  try {
    parsed = JSON.parse(`[${joined}]`) as unknown[];
  } catch {
    return undefined;
  }
  let at = 0;
  for (const span of spans) {
    const count = countOf(span);
    if (!areOf(span, parsed, at, count)) return undefined;
    at += count;
  }
  return at === parsed.length ? (parsed as Envelope[]) : undefined;
}

/** Whether the envelopes from `at` on are those of `span`. */
function areOf(span: string, parsed: readonly unknown[], at: number, count: number): boolean {
  if (isAlone(span)) {
    const id = idOf(parsed[at]);
    return typeof id === 'string' && id.length === ID_LENGTH && span.startsWith(id);
  }
  const page = pageOf(span);
  const first = indexOf(span);
  for (let i = 0; i < count; i++) {
    const id = idOf(parsed[at + i]);
    if (typeof id !== 'string' || id.length !== ID_LENGTH) return false;
    if (indexOf(id) !== first + i || !id.startsWith(page)) return false;
  }
  return true;
}

function idOf(parsed: unknown): unknown {
  return typeof parsed === 'object' && parsed !== null ? (parsed as Partial<Envelope>).id : undefined;
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

async function readBatchOneByOne(
  client: Client,
  keys: QueueKeys,
  sheaves: readonly Sheaf[],
  histories: string,
): Promise<Batch> {
  const spans = sheaves.flatMap((sheaf) => sheaf.spans);
  const { ids, envelopes } = await readOneByOne(client, keys, spans);
  return { ids, envelopes, histories: readHistories(ids, histories) };
}

async function readOneByOne(
  client: Client,
  keys: QueueKeys,
  spans: readonly string[],
): Promise<{ ids: string[]; envelopes: unknown[] }> {
  const fields = spans.map((span) => (isAlone(span) ? span.slice(0, ID_LENGTH) : pageOf(span)));
  const texts = await untilAnswered(client, () => client.hmget(keys.messages, ...fields));
  const ids: string[] = [];
  const envelopes: unknown[] = [];
  for (const [i, span] of spans.entries()) {
    const text = texts[i] ?? '';
    const lines = isAlone(span) ? [text] : splitEnvelopes(text).slice(indexOf(span));
    for (const [n, id] of idsFrom(span.slice(0, ID_LENGTH), countOf(span)).entries()) {
      const line = lines[n] ?? '';
      ids.push(id);
      envelopes.push(line === '' ? new Malformed('') : parseEnvelope(id, line));
    }
  }
  return { ids, envelopes };
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
