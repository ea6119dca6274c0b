import type { Settlements } from '../../queue/broker.js';
import { ID_LENGTH } from '../../queue/message-id.js';
import { countOf, idsFrom } from './span.js';

/** What a consumer's scout took, until a claim has adopted it, and what no claim could adopt any more. */
export class Adoption {
  private span: string | undefined;
  /** Given to others, though it runs here: few, as it takes a server that is slow at just that moment. */
  private readonly given = new Set<string>();

  /** The scout took something, and the next claim is to adopt it. */
  get isDue(): boolean {
    return this.span !== undefined;
  }

  /** What we believe to have on loan may be others'. */
  get isUncertain(): boolean {
    return this.isDue || this.given.size > 0;
  }

  begin(span: string): void {
    this.span = span;
  }

  /** A claim that adopts was answered; `isGone` when it could not. Answers what it was about. */
  end(isGone: boolean): string {
    const span = this.span as string;
    this.span = undefined;
    if (isGone) this.given.add(span.slice(0, ID_LENGTH));
    return span;
  }

  /** A claim was answered: what it settled is over, and what it granted is ours, also if it was given away before. */
  onAnswered(settlements: Settlements, granted: readonly string[]): void {
    if (this.given.size === 0) return;
    const { done, released, delayed, dead } = settlements;
    for (const id of [...done, ...released]) this.given.delete(id);
    for (const { id } of [...delayed, ...dead]) this.given.delete(id);
    for (const span of granted) {
      for (const id of idsFrom(span.slice(0, ID_LENGTH), countOf(span))) this.given.delete(id);
    }
  }

  clear(): void {
    this.span = undefined;
    this.given.clear();
  }

  /** Whether these settle what is not adopted yet. */
  isSettledBy({ done, released, delayed, dead }: Settlements): boolean {
    const id = this.span?.slice(0, ID_LENGTH);
    if (id === undefined) return false;
    const isIt = (each: { readonly id: string }): boolean => each.id === id;
    return done.includes(id) || released.includes(id) || delayed.some(isIt) || dead.some(isIt);
  }

  /** Others decide about what was given to them: what our run of it came to is nobody's business. */
  withoutGiven(settlements: Settlements): Settlements {
    const { given } = this;
    if (given.size === 0) return settlements;
    const isOurs = (id: string): boolean => !given.has(id);
    const isOurItem = ({ id }: { readonly id: string }): boolean => isOurs(id);
    const { done, released, delayed, dead, results } = settlements;
    return {
      done: done.filter(isOurs),
      released: released.filter(isOurs),
      delayed: delayed.filter(isOurItem),
      dead: dead.filter(isOurItem),
      results: results.filter(isOurItem),
    };
  }
}
