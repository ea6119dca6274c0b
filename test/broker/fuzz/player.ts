import type { QueueKeys } from '../../../lib/broker/redis/keys.js';
import { clear, counts } from '../../../lib/broker/redis/scripts.js';
import { FuzzConsumer, LEASE, SCOUT_TIME } from './consumer.js';
import { type Call, Network } from './network.js';
import type { Plan, Reach, Step, StepOf } from './plan.js';
import { Referee } from './referee.js';
import type { Server } from './server.js';
import { idsOfSpans } from './snapshot.js';
import { Submitter } from './submitter.js';

/** Rounds of a last consumer that must be enough, whatever is left. */
const MOST_ROUNDS = 300;

/** Plays a plan against a server, and drains the queue. */
export class Player {
  private readonly consumers: FuzzConsumer[] = [];
  private submitter!: Submitter;
  private started = 0;
  /** What a producer or consumer saw that must not be: thrown after the step. */
  private fault: Error | undefined;
  private readonly onFault = (error: Error): void => void (this.fault ??= error);

  private constructor(
    private readonly server: Server,
    private readonly keys: QueueKeys,
    private readonly plan: Plan,
    private readonly network: Network,
    private readonly referee: Referee,
    private readonly note: (line: () => string) => void,
  ) {}

  /** @param note hears what happens. */
  static async play(
    server: Server,
    keys: QueueKeys,
    plan: Plan,
    note: (line: () => string) => void,
  ): Promise<void> {
    await server.clean();
    const network = new Network(server.raw, server.scripts, () => server.now);
    const referee = new Referee(server, await server.snapshot(), note);
    const player = new Player(server, keys, plan, network, referee, note);
    await player.start();
    for (const step of plan.steps) if (!plan.without.includes(step.kind)) await player.take(step);
    await player.drain();
  }

  private async start(): Promise<void> {
    for (let i = 0; i < this.plan.consumers; i++) this.consumers.push(this.newConsumer());
    this.submitter = await Submitter.start(this.network, this.keys, this.referee, this.onFault);
  }

  private async take(step: Step): Promise<void> {
    this.note(() => JSON.stringify(step));
    await this.act(step);
    if (this.fault) throw this.fault;
  }

  private async act(step: Step): Promise<void> {
    const { unanswered, late } = this.network;
    switch (step.kind) {
      case 'submit':
        return this.advance(this.submitter.submit(step.producer, step.pages, step.long), step.reach);
      case 'claim':
        return this.advance(this.consumer(step).claim(step.want, step.outcomes), step.reach);
      case 'scout':
        return this.advance(this.consumer(step).scout(!step.isFull), step.reach);
      case 'execute':
        return this.advance(pick(unanswered.filter(isOpen), step.pick), 'executed');
      case 'answer':
        return this.advance(pick(unanswered.filter(isExecuted), step.pick), 'answered');
      case 'lose':
        return this.loseReply(step);
      case 'copy':
        return this.network.copy(pick(unanswered.filter(isOpen), step.pick));
      case 'arrive':
        return this.arriveLate(pick(late, step.pick));
      case 'expire':
        return this.expire(step);
      case 'wait':
        return void (this.server.now += step.ms);
      case 'vanish':
      case 'close':
        return this.end(step);
      case 'clear':
        return this.clear(step);
      case 'garbage':
        return this.putGarbage(step);
      case 'refuse':
        return this.server.toggle(step.as);
      case 'count':
        return this.count();
      case 'save':
        return this.referee.save();
      case 'restore':
        return this.rollBack();
    }
  }

  private consumer({ consumer }: { readonly consumer: number }): FuzzConsumer {
    return pick(this.consumers, consumer)!;
  }

  private newConsumer(): FuzzConsumer {
    const label = `c${++this.started}`;
    return new FuzzConsumer(label, this.network, this.keys, this.plan.maxCrashes, this.referee, this.onFault);
  }

  private async advance(call: Call | undefined, reach: Reach): Promise<void> {
    if (!call || reach === 'sent') return;
    if (reach === 'copied' && isOpen(call)) this.network.copy(call);
    if (isOpen(call)) await this.referee.execute(call);
    if (reach === 'executed') return;
    if (reach === 'repeated') {
      this.network.loseReply(call);
      await this.referee.execute(call);
    }
    await this.network.answer(call);
  }

  private async loseReply(step: StepOf<'lose'>): Promise<void> {
    const call = pick(this.network.unanswered.filter(isExecuted), step.pick);
    if (!call) return;
    this.network.loseReply(call);
    await this.advance(call, step.reach);
  }

  private async arriveLate(call: Call | undefined): Promise<void> {
    if (!call) return;
    const { late } = this.network;
    late.splice(late.indexOf(call), 1);
    // A submit that was refused, and then arrives as the first: this is not ruled out.
    if (call.script === 'add' && !idsOfSpans(call.args[4]!).every((id) => this.referee.fates.isKnown(id)))
      return;
    await this.referee.execute(call);
  }

  private async expire(step: StepOf<'expire'>): Promise<void> {
    const name = pick(this.referee.state.members('consumers'), step.pick);
    if (name === undefined) return;
    // A scout's time ends for its process as well: that does not bring what it has found too late.
    if (name.endsWith('+')) this.server.now += SCOUT_TIME;
    this.note(() => `  ${name}`);
    await this.referee.change((raw) => raw.zadd(this.keys.consumers, 'XX', this.server.now - 1, name));
  }

  private async end(step: StepOf<'vanish' | 'close'>): Promise<void> {
    const consumer = this.consumer(step);
    this.note(() => `  ${consumer.label}`);
    if (step.kind === 'close') {
      await consumer.close();
      await this.referee.change(async () => {});
    }
    this.network.drop(consumer.label);
    this.consumers[this.consumers.indexOf(consumer)] = this.newConsumer();
  }

  private async clear({ most }: StepOf<'clear'>): Promise<void> {
    // What it may be refused for, the referee knows.
    clear(this.network.client('clear'), this.keys, most).catch(() => {});
    await this.advance(this.network.latest, 'answered');
  }

  private async putGarbage({ entry, envelope, place }: StepOf<'garbage'>): Promise<void> {
    const { garbage } = this.referee;
    if (garbage.has(entry)) return;
    garbage.add(entry);
    const key = this.keys[place];
    await this.referee.change(async (raw) => {
      if (envelope !== undefined) await raw.hset(this.keys.messages, entry, envelope);
      if (place === 'delayed') await raw.zadd(key, 0, entry);
      else await raw.lpush(key, entry);
    });
  }

  private async count(): Promise<void> {
    // Nobody says what foreign entries count as.
    if (this.referee.garbage.size > 0) return;
    const counted = { ready: 0, delayed: 0, onLoan: 0, dead: 0 };
    const columns = { ready: 'ready', suspects: 'ready', delayed: 'delayed', dead: 'dead' } as const;
    for (const [place] of this.referee.state.places.values()) {
      counted[columns[place as keyof typeof columns] ?? 'onLoan']++;
    }
    const told = await counts(this.server.raw, this.keys);
    if (JSON.stringify(told) !== JSON.stringify(counted))
      throw new Error(`counts are ${JSON.stringify(told)}, not ${JSON.stringify(counted)}`);
  }

  private async rollBack(): Promise<void> {
    if (!(await this.referee.rollBack())) return;
    // The connections break with the server: what is on its way on old ones never arrives, who had no reply asks again.
    this.network.late.splice(0);
    for (const call of this.network.unanswered.filter(isExecuted)) this.network.loseReply(call);
  }

  /** All that was sent arrives, everybody but one goes silent, and that one must get all that is left. */
  private async drain(): Promise<void> {
    this.note(() => 'the end');
    await this.server.be('serving');
    await this.answerAll();
    while (this.network.late.length > 0) await this.arriveLate(this.network.late[0]);
    for (const consumer of this.consumers) await this.advance(consumer.claim(0, ['done']), 'answered');
    const last = this.newConsumer();
    for (let round = 0; !this.isDrained(last); round++) {
      if (round === MOST_ROUNDS) throw new Error(`never drained: ${this.referee.state.names.join(', ')}`);
      this.server.now += 2 * LEASE;
      last.claim(1_000, ['done']);
      await this.answerAll();
    }
    if (this.fault) throw this.fault;
    this.referee.checkEnd();
  }

  private async answerAll(): Promise<void> {
    for (let call = this.network.unanswered[0]; call; call = this.network.unanswered[0]) {
      await this.advance(call, 'answered');
      if (this.fault) throw this.fault;
    }
  }

  private isDrained(last: FuzzConsumer): boolean {
    const { state } = this.referee;
    const places = ['ready', 'suspects', 'delayed', 'consumers', 'recovering'];
    return last.isIdle && !places.some((name) => state.has(name));
  }
}

function isExecuted({ outcome }: Call): boolean {
  return outcome !== undefined;
}

function isOpen(call: Call): boolean {
  return !isExecuted(call);
}

/** None of nothing. */
function pick<T>(list: readonly T[], number: number): T | undefined {
  return list[number % list.length];
}
