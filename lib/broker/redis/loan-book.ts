import type { Settlements } from '../../queue/broker.js';
import { DONE, GONE, HELD, PageLoan } from './page-loan.js';
import { isAlone, pageOf, spanOfOne } from './span.js';

/** What a claim says about loans; `claim.lua` says how. */
export interface SettledLoans {
  readonly ended: string;
  readonly kept: string;
  readonly done: string;
  readonly released: string;
  readonly delayed: readonly string[];
  readonly dead: readonly string[];
  /** The call was answered: it is so. */
  apply(): void;
}

/**
 * The pages that a consumer has on loan: a consumer settles messages, and Redis is told spans. Messages with fields of
 * their own need no entry.
 */
export class LoanBook {
  private readonly pages = new Map<string, PageLoan[]>();
  /** Most messages are settled in the order of their ids: the next one is most likely here. */
  private last: PageLoan | undefined;
  private at = -1;

  lend(spans: readonly string[]): void {
    for (const span of spans) {
      if (isAlone(span)) continue;
      const loan = new PageLoan(span);
      const loans = this.pages.get(loan.page);
      if (loans) loans.push(loan);
      else this.pages.set(loan.page, [loan]);
    }
  }

  clear(): void {
    this.pages.clear();
    this.last = undefined;
  }

  settle(settlements: Settlements): SettledLoans {
    const touched: PageLoan[] = [];
    const mark = (loan: PageLoan, at: number, state: typeof DONE | typeof GONE): void => {
      if (!loan.isTouched) touched.push(loan);
      loan.mark(at, state);
    };
    const one = ({ id }: { readonly id: string }): string => {
      const loan = this.find(id);
      if (!loan) return spanOfOne(id);
      mark(loan, this.at, GONE);
      return loan.part(this.at, 1);
    };
    let done = this.settleDone(settlements.done, mark);
    const released = this.settleReleased(settlements.released, mark);
    const delayed = settlements.delayed.map(one);
    const dead = settlements.dead.map(one);
    let ended = '';
    const kept: string[] = [];
    for (const loan of touched) {
      ended += loan.span;
      for (const span of loan.spans(DONE)) done += span;
      kept.push(...loan.spans(HELD));
    }
    const apply = (): void => {
      for (const loan of touched) this.remove(loan);
      this.lend(kept);
    };
    return { ended, kept: kept.join(''), done, released, delayed, dead, apply };
  }

  /** Marks what is on a page; answers the spans of the others. */
  private settleDone(ids: readonly string[], mark: Mark): string {
    let alone = '';
    for (const id of ids) {
      const loan = this.find(id);
      if (loan) mark(loan, this.at, DONE);
      else alone += spanOfOne(id);
    }
    return alone;
  }

  /** In order, neighbours as one span. */
  private settleReleased(ids: readonly string[], mark: Mark): string {
    let spans = '';
    for (let i = 0; i < ids.length;) {
      const id = ids[i] as string;
      const loan = this.find(id);
      if (!loan) {
        spans += spanOfOne(id);
        i++;
        continue;
      }
      const { at } = this;
      let length = 0;
      while (i < ids.length && loan.find(ids[i] as string) === at + length) {
        mark(loan, at + length, GONE);
        length++;
        i++;
      }
      spans += loan.part(at, length);
    }
    return spans;
  }

  /** The loan that `id` is of; `at` is its place there. */
  private find(id: string): PageLoan | undefined {
    if (this.last) {
      this.at = this.last.find(id);
      if (this.at >= 0) return this.last;
    }
    if (this.pages.size === 0) return undefined;
    for (const loan of this.pages.get(pageOf(id)) ?? []) {
      this.at = loan.find(id);
      if (this.at >= 0) return (this.last = loan);
    }
    return undefined;
  }

  private remove(loan: PageLoan): void {
    const loans = this.pages.get(loan.page)?.filter((each) => each !== loan) ?? [];
    if (loans.length > 0) this.pages.set(loan.page, loans);
    else this.pages.delete(loan.page);
    if (this.last === loan) this.last = undefined;
  }
}

type Mark = (loan: PageLoan, at: number, state: typeof DONE | typeof GONE) => void;
