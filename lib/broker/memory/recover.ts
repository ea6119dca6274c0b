import type { DeadRecord, StoredEnvelope } from '../../queue/broker.js';
import type { Loans } from './loans.js';
import type { MemoryQueue } from './memory-queue.js';
import type { Message } from './message.js';
import { putBack } from './settle.js';

/**
 * Gives back what is on loan to silent consumers: to the front, oldest first, with one crash more, or to the dead.
 * Answers what it buried.
 */
export function recover(
  queue: MemoryQueue,
  lease: number,
  maxCrashes: number,
  now: number,
): StoredEnvelope[] {
  const wasBlocked = now - (queue.heard ?? now) > lease / 2;
  queue.heard = now;
  const messages = takeExpired(queue, wasBlocked, now);
  if (messages.length === 0) return [];
  // Ids sort by the time of their making.
  messages.sort((a, b) => (a.id < b.id ? -1 : 1));
  const { alive, buried } = countCrash(queue, messages, maxCrashes, now);
  putBack(queue, alive, maxCrashes);
  return buried;
}

/**
 * A process whose event loop was blocked could renew nothing: when nobody was heard for half a lease, the expired get
 * one lease more. Only one until they are heard themselves, or a queue that is claimed rarely would recover nothing.
 */
function takeExpired(queue: MemoryQueue, wasBlocked: boolean, now: number): Message[] {
  const messages: Message[] = [];
  for (const loans of queue.consumers) {
    if (loans.expiry > now) continue;
    if (wasBlocked && !loans.extended) extend(loans, now);
    else {
      queue.consumers.delete(loans);
      for (const message of loans.messages.values()) messages.push(message);
      loans.messages.clear();
    }
  }
  return messages;
}

function extend(loans: Loans, now: number): void {
  loans.extended = true;
  loans.expiry = now + loans.lease;
}

function countCrash(
  queue: MemoryQueue,
  messages: readonly Message[],
  maxCrashes: number,
  now: number,
): { alive: Message[]; buried: StoredEnvelope[] } {
  const alive: Message[] = [];
  const buried: StoredEnvelope[] = [];
  for (const message of messages) {
    const history = { ...message.history, crashes: message.history.crashes + 1 };
    message.history = history;
    if (history.crashes < maxCrashes) alive.push(message);
    else {
      const record: DeadRecord = { reason: 'crashed', attempts: history.attempts, crashes: history.crashes };
      queue.dead.bury(message, JSON.stringify(record), now);
      buried.push(message.toStored());
    }
  }
  return { alive, buried };
}
