// Not the global: a test that replaces that one with a fake must not stop the broker.
import { setImmediate } from 'node:timers';

/**
 * Answers in a later turn of the event loop, as a server would. A loop that only talks to this broker would otherwise
 * live on microtasks alone, and timers, signals and I/O would wait until the queue is empty.
 */
export function answer<T>(value: T): Promise<T> {
  return new Promise((resolve) => {
    setImmediate(resolve, value);
  });
}
