import type { Redis } from 'ioredis';
import { Fates } from './fates.js';
import { brokenInvariants, leftovers } from './invariants.js';
import { type Executed, ruleOf } from './moves.js';
import type { Call, Outcome } from './network.js';
import type { Dump, Server } from './server.js';
import { idsOfSpans, type Snapshot } from './snapshot.js';

/** Executes calls, and looks at what each has done. Throws at the first fault. */
export class Referee {
  fates = new Fates();
  /** Foreign entries: anything may become of these, as long as nothing else suffers. */
  readonly garbage = new Set<string>();
  private saved: { readonly dump: Dump; readonly fates: Fates } | undefined;

  constructor(
    private readonly server: Server,
    /** What lies in Redis now. */
    public state: Snapshot,
    private readonly note: (line: () => string) => void,
  ) {}

  async execute(call: Call): Promise<void> {
    const before = this.state;
    const { outcome, after } = await this.server.run(call);
    this.state = after;
    this.note(() => `  ${call.title} ${call.args.join(' ').slice(0, 200)} -> ${told(outcome)}`);
    call.outcome = outcome;
    call.after = after;
    if ('error' in outcome) this.checkRefused(call, outcome.error, before);
    else this.checkMoves({ call, reply: outcome.reply, before, after, now: this.server.now });
    this.check(call.title);
  }

  /** Changes something in Redis from outside. */
  async change(work: (raw: Redis) => Promise<unknown>): Promise<void> {
    await this.server.change(work);
    this.state = await this.server.snapshot();
    this.check('a change from outside');
  }

  async save(): Promise<void> {
    this.saved = { dump: await this.server.dump(), fates: new Fates(this.fates) };
  }

  /** The server forgets all since `save`, as after a failover. False when nothing was saved. */
  async rollBack(): Promise<boolean> {
    if (!this.saved) return false;
    await this.server.restore(this.saved.dump);
    this.fates = new Fates(this.saved.fates);
    this.state = await this.server.snapshot();
    return true;
  }

  checkEnd(): void {
    this.throwFirst('the end', leftovers(this.state, this.fates, this.garbage));
  }

  private checkRefused({ script }: Call, error: Error, before: Snapshot): void {
    // Draining goes on without memory: only a submit may be refused then.
    const mayBeRefused = script === 'add' ? /OOM|READONLY/ : /READONLY/;
    if (!mayBeRefused.test(error.message)) throw error;
    if (before.fingerprint !== this.state.fingerprint) throw new Error('refused, and something has changed');
  }

  private checkMoves(run: Executed): void {
    const { call, before, after, reply } = run;
    const mayMove = ruleOf(run);
    for (const id of this.fates.live) {
      const [from, to] = [before.placeOf(id), after.placeOf(id)];
      if (!mayMove(id, from, to))
        throw new Error(`${call.title}: ${id} went from ${from} to ${to ?? 'nowhere'}`);
      this.fates.move(id, to);
    }
    if (call.script === 'add' && reply[0] === 1) this.onStored(call);
    if (call.script === 'scout') checkScout(run);
  }

  private onStored({ args }: Call): void {
    const envelopes = args.slice(5).flatMap((text) => text.split(',\n'));
    for (const [i, id] of idsOfSpans(args[4]!).entries()) {
      if (this.fates.isKnown(id)) throw new Error(`${id} is stored twice`);
      this.fates.store(id, envelopes[i]!);
    }
  }

  private check(when: string): void {
    this.throwFirst(when, brokenInvariants(this.state, this.fates, this.garbage));
  }

  private throwFirst(when: string, faults: Iterable<string>): void {
    for (const fault of faults) throw new Error(`after ${when}: ${fault}`);
  }
}

/** It holds one message at most, and a repeat takes no other. */
function checkScout({ call, before, after }: Executed): void {
  const name = `active:${call.args[0]}`;
  const [had, has] = [before.members(name), after.members(name)];
  if (has.length > 1 || (had.length > 0 && String(had) !== String(has)))
    throw new Error(`${call.title}: it had ${had.join(', ')}, and has ${has.join(', ')}`);
}

function told(outcome: Outcome): string {
  return 'error' in outcome ? outcome.error.message : JSON.stringify(outcome.reply).slice(0, 150);
}
