import { type History, NO_HISTORY, type StoredEnvelope } from '../../queue/broker.js';

/**
 * One stored message. It is in exactly one place at a time (ready, suspects, delayed, on loan, dead), so it carries
 * its own history, and there is no index of all messages to keep up.
 */
export class Message {
  history: History = NO_HISTORY;

  constructor(
    readonly id: string,
    readonly envelope: string,
  ) {}

  /** Without the history: what leaves the broker. */
  toStored(): StoredEnvelope {
    return { id: this.id, envelope: this.envelope };
  }
}

/** Its next crash would kill it, so it is granted alone. With `maxCrashes` 1 none is: there is no crash before the last. */
export function isSuspect(history: History, maxCrashes: number): boolean {
  return history.crashes > 0 && history.crashes >= maxCrashes - 1;
}
