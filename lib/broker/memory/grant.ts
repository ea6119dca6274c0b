import { type Claim, type History, MAX_BATCH, NO_HISTORY } from '../../queue/broker.js';
import { parseEnvelope } from '../../queue/envelope.js';
import type { Deque } from './deque.js';
import type { Loans } from './loans.js';
import type { MemoryQueue } from './memory-queue.js';
import { isSuspect, type Message } from './message.js';

/** One grant parses no more than about this many characters at once, as the Redis engine sends no more. */
const MAX_SIZE = 4 * 1024 * 1024;

const NONE: ReadonlyMap<string, History> = new Map();

/** The part of a claim's answer that says what was granted. */
export type Grant = Pick<Claim, 'count' | 'read' | 'size' | 'alone' | 'suspects'>;

export const NO_GRANT: Grant = {
  count: 0,
  read: () => ({ ids: [], envelopes: [], histories: NONE }),
  size: 0,
  alone: false,
  suspects: false,
};

/** Due messages go to the back, at most a batch a call. */
export function promote(queue: MemoryQueue, maxCrashes: number, now: number): void {
  for (let i = 0; i < MAX_BATCH; i++) {
    const message = queue.delayed.popDue(now);
    if (message === undefined) return;
    const place = isSuspect(message.history, maxCrashes) ? queue.suspects : queue.ready;
    place.pushBack(message);
  }
}

/** Lends what the consumer may have: one suspect to empty hands, nothing while one waits, else what is ready. */
export function grant(queue: MemoryQueue, loans: Loans, want: number): Grant {
  if (want <= 0) return NO_GRANT;
  if (queue.suspects.length === 0) return lend(queue.ready, loans, Math.min(want, MAX_BATCH), false);
  if (loans.messages.size > 0) return { ...NO_GRANT, suspects: true };
  return lend(queue.suspects, loans, 1, true);
}

function lend(source: Deque<Message>, loans: Loans, want: number, alone: boolean): Grant {
  if (source.length === 0) return NO_GRANT;
  const ids: string[] = [];
  const envelopes: unknown[] = [];
  let histories: Map<string, History> | undefined;
  let size = 0;
  while (ids.length < want && size < MAX_SIZE) {
    const message = source.popFront();
    if (message === undefined) break;
    const { id, envelope, history } = message;
    loans.messages.set(id, message);
    ids.push(id);
    envelopes.push(parseEnvelope(id, envelope));
    size += envelope.length;
    if (history !== NO_HISTORY) (histories ??= new Map()).set(id, history);
  }
  const batch = { ids, envelopes, histories: histories ?? NONE };
  return { count: ids.length, read: () => batch, size, alone, suspects: false };
}
