import type { Message } from './message.js';

/** What is on loan to one consumer, and until when. The object is the consumer's identity. */
export class Loans {
  readonly messages = new Map<string, Message>();
  expiry = 0;
  /** It got its one extension, and was not heard since. */
  extended = false;

  constructor(readonly lease: number) {}

  /** Ends the loan of one message; `undefined` if there is none: a delivery is settled once. */
  take(id: string): Message | undefined {
    const message = this.messages.get(id);
    if (message !== undefined) this.messages.delete(id);
    return message;
  }
}
