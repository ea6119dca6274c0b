import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';
import type { Progress } from './wire/progress.js';

/** What becomes of an inbox's messages. */
export interface Receiver<M> {
  receive(message: M): void;
  /** A message came that can't be read. */
  unreadable(error: unknown): void;
}

/**
 * The messages of another thread. They come as events while this thread's event loop turns, and are taken by
 * `drain` while it is blocked. It never keeps the process alive.
 */
export class Inbox<M> {
  readonly #port: MessagePort;
  readonly #progress: Progress;
  readonly #receiver: Receiver<M>;
  #taken = 0;

  constructor(port: MessagePort, progress: Progress, receiver: Receiver<M>) {
    this.#port = port;
    this.#progress = progress;
    this.#receiver = receiver;
    port.on('message', (message: M) => {
      this.#taken++;
      receiver.receive(message);
    });
    port.on('messageerror', (error) => {
      this.#taken++;
      receiver.unreadable(error);
    });
    port.unref();
  }

  /** Takes what has come. Looks into shared memory first, which costs a tenth of looking into the port. */
  drain(): void {
    while (this.#progress.moreAnswers(this.#taken) && this.#takeNext());
  }

  /** Takes what there is of a thread that has ended, maybe between posting and counting. */
  drainLast(): void {
    while (this.#takeNext());
  }

  #takeNext(): boolean {
    let received: { message: M } | undefined;
    try {
      received = receiveMessageOnPort(this.#port);
    } catch (error) {
      this.#taken++;
      this.#receiver.unreadable(error);
      return true;
    }
    if (received === undefined) return false;
    this.#taken++;
    this.#receiver.receive(received.message);
    return true;
  }
}
