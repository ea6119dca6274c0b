import { LinkedList } from '../pool/linked-list.js';
import type { Call } from './call.js';

/** Calls that no thread has: first come, first served. */
export class Line {
  readonly #list = new LinkedList<Call>();

  get size(): number {
    return this.#list.size;
  }

  push(call: Call): void {
    this.#list.push(call);
  }

  shift(): Call | undefined {
    return this.#list.shift();
  }

  /** Puts calls back that were nearly there. Rare, so it may cost as much as the line is long. */
  putFirst(calls: Iterable<Call>): void {
    for (const call of [...calls, ...this.takeAll()]) this.#list.push(call);
  }

  takeAll(): Call[] {
    const calls: Call[] = [];
    for (let call = this.#list.shift(); call !== undefined; call = this.#list.shift()) calls.push(call);
    return calls;
  }

  takeLast(count: number): Call[] {
    const calls = this.takeAll();
    for (const call of calls.slice(0, calls.length - count)) this.#list.push(call);
    return calls.slice(calls.length - count);
  }
}
