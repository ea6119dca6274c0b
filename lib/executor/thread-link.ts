import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { Call } from './call.js';
import { Inbox } from './inbox.js';
import type { Answer, Fault, ToThread } from './wire/messages.js';
import { Progress } from './wire/progress.js';

/** What a link needs of its executor. */
export interface LinkOwner {
  answered(call: Call, value: unknown, fault: Fault | undefined): void;
  /** An answer can't be read, so nobody knows whose it is: the thread must go, and its calls with it. */
  unreadable(link: ThreadLink): void;
}

/** The owner's end of one thread, from its start until it ended; another one takes its place. */
export class ThreadLink {
  readonly thread: number;
  readonly slots: number;
  /** Posted and not answered, by their number, in their order. */
  readonly calls = new Map<number, Call>();
  /** The other end of the port, for the thread. */
  readonly farPort: MessagePort;
  readonly progress = new Progress();
  readonly #port: MessagePort;
  readonly #inbox: Inbox<Answer>;
  #posted = 0;

  constructor(thread: number, slots: number, owner: LinkOwner) {
    this.thread = thread;
    this.slots = slots;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.farPort = port2;
    this.#inbox = new Inbox<Answer>(port1, this.progress, {
      receive: ([number, value, fault]) => {
        const call = this.calls.get(number)!;
        this.calls.delete(number);
        owner.answered(call, value, fault);
      },
      unreadable: () => owner.unreadable(this),
    });
  }

  /** Calls that would start at once; negative when as many wait. */
  get free(): number {
    return this.slots - this.calls.size;
  }

  get running(): number {
    let running = 0;
    for (const number of this.calls.keys()) {
      if (!this.progress.hasStarted(number)) break;
      running++;
    }
    return running;
  }

  /** @throws what the structured clone algorithm throws; then nothing has happened. */
  post(call: Call, args: readonly unknown[]): void {
    this.#send([call.fn, args]);
    call.number = ++this.#posted;
    call.thread = this.thread;
    this.calls.set(call.number, call);
  }

  end(): void {
    this.#send('end');
  }

  drain(): void {
    this.#inbox.drain();
  }

  /** The thread has ended: takes its last answers. The calls that are left will get none. */
  close(): void {
    this.#inbox.drainLast();
    this.#port.close();
  }

  #send(message: ToThread): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port, not a window
    this.#port.postMessage(message);
    this.progress.callPosted();
  }
}
