import type { Settlements } from '../../queue/broker.js';
import type { Loans } from './loans.js';
import type { MemoryQueue } from './memory-queue.js';
import { isSuspect, type Message } from './message.js';

/** Applies what became of deliveries. What is not on loan to this consumer is left alone. */
export function settle(
  queue: MemoryQueue,
  loans: Loans,
  settlements: Settlements,
  maxCrashes: number,
  now: number,
): void {
  for (const id of settlements.done) loans.messages.delete(id);
  if (settlements.released.length > 0) release(queue, loans, settlements.released, maxCrashes);
  for (const { id, delay, history } of settlements.delayed) {
    const message = loans.take(id);
    if (message === undefined) continue;
    message.history = history;
    queue.delayed.push(now + delay, message);
  }
  for (const { id, record } of settlements.dead) {
    const message = loans.take(id);
    if (message !== undefined) queue.dead.bury(message, record, now);
  }
  if (settlements.results.length > 0) queue.results.store(settlements.results, now);
}

function release(queue: MemoryQueue, loans: Loans, ids: readonly string[], maxCrashes: number): void {
  const messages: Message[] = [];
  for (const id of ids) {
    const message = loans.take(id);
    if (message !== undefined) messages.push(message);
  }
  putBack(queue, messages, maxCrashes);
}

/** To the front, in this order; suspects stay apart from the rest. */
export function putBack(queue: MemoryQueue, messages: readonly Message[], maxCrashes: number): void {
  for (let i = messages.length - 1; i >= 0; i--) {
    const message = messages[i]!;
    const place = isSuspect(message.history, maxCrashes) ? queue.suspects : queue.ready;
    place.pushFront(message);
  }
}
