import { setImmediate } from 'node:timers';

export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

/** A promise that the test settles. */
export function deferred<T = void>(): Deferred<T> {
  let settlers!: Omit<Deferred<T>, 'promise'>;
  const promise = new Promise<T>((resolve, reject) => {
    settlers = { resolve, reject };
  });
  return { promise, ...settlers };
}

/** Resolves when everything that can happen without timers and I/O has happened. */
export async function turn(turns = 2): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise<void>((resolve) => void setImmediate(resolve));
}

/** Resolves later within the turn, when so many microtasks have run one after the other. */
export async function microtasks(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await Promise.resolve();
}

/** Whether the promise has settled by the end of the turn. */
export async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = (): void => {
    settled = true;
  };
  promise.then(note, note);
  await turn();
  return settled;
}

/** Counts how many of the tasks that it wraps run at the same time. */
export class Gauge {
  now = 0;
  peak = 0;
  started: number[] = [];

  readonly wrap =
    <T>(id: number, work: () => Promise<T>): (() => Promise<T>) =>
    async () => {
      this.started.push(id);
      this.peak = Math.max(this.peak, ++this.now);
      try {
        return await work();
      } finally {
        this.now--;
      }
    };
}
