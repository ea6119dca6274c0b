import { ID_LENGTH } from '../../queue/message-id.js';
import { countOf, indexOf, pageOf, spanOf } from './span.js';

/** What a call says of a message on loan. */
export const HELD = 0;
export const DONE = 1;
/** Released, delayed or dead. */
export const GONE = 2;

/** A run of messages of one page that are on loan, and what the call being made says of each. */
export class PageLoan {
  readonly page: string;
  readonly first: number;
  readonly count: number;
  /** How many messages the page holds, as text. */
  readonly total: string;
  private readonly states: Uint8Array;
  private done = 0;
  private gone = 0;

  constructor(readonly span: string) {
    this.page = pageOf(span);
    this.first = indexOf(span);
    this.count = countOf(span);
    this.total = span.slice(ID_LENGTH + 2);
    this.states = new Uint8Array(this.count);
  }

  /** Whether it is a change. */
  get isTouched(): boolean {
    return this.done + this.gone > 0;
  }

  /** Where on the page `id` is, counted from `first`; -1 if it is none of these. */
  find(id: string): number {
    const at = indexOf(id) - this.first;
    return at >= 0 && at < this.count && id.startsWith(this.page) ? at : -1;
  }

  mark(at: number, state: typeof DONE | typeof GONE): void {
    // Said twice of one message it must not be said of two.
    if (this.states[at] !== HELD) return;
    this.states[at] = state;
    if (state === DONE) this.done++;
    else this.gone++;
  }

  /** Those in `state`, as spans. */
  spans(state: typeof HELD | typeof DONE): string[] {
    const many = state === DONE ? this.done : this.count - this.done - this.gone;
    if (many === this.count) return [this.span];
    const spans: string[] = [];
    let length = 0;
    for (let at = 0; at <= this.count; at++) {
      if (this.states[at] === state) length++;
      else if (length > 0) {
        spans.push(this.part(at - length, length));
        length = 0;
      }
    }
    return spans;
  }

  /** A run of its messages as a span. */
  part(at: number, length: number): string {
    return spanOf(this.page, this.first + at, length, this.total);
  }
}
