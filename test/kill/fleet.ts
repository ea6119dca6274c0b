import type { Redis } from 'ioredis';
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { QueueKeys } from '../../lib/broker/redis/keys.js';
import type { ConsumerEvent } from '../../lib/queue/index.js';
import { idsOfEntries } from '../broker/entries.js';

/** What a consumer process is given. */
export interface ProcessOptions {
  readonly name: string;
  readonly url: string;
  readonly queue: string;
  readonly lease: number;
  readonly maxConcurrency: number;
  /** How long each run takes, in ms. */
  readonly duration: number;
  /** Whether each run kills its process, before anything else can happen. */
  readonly poison?: boolean;
  /** Gets a line with the id at the start of each run. */
  readonly runsFile: string;
}

/** What a consumer process tells. */
export type Report =
  | { readonly type: 'identity'; readonly consumer: string }
  | { readonly type: 'event'; readonly event: ConsumerEvent['type']; readonly running: number };

type Settings = Omit<ProcessOptions, 'name' | 'runsFile'>;

/** Consumer processes, by name, and the record of what they ran. */
export class Fleet {
  private readonly folder = mkdtempSync(join(tmpdir(), 'nb-kill-'));
  private readonly runsFile = join(this.folder, 'runs');
  private readonly members = new Map<string, Member>();
  private readonly events: { name: string; event: string; running: number }[] = [];
  private readonly onExit = (): void => this.killAll();

  constructor(
    private readonly entry: string,
    private readonly settings: Settings,
  ) {
    writeFileSync(this.runsFile, '');
    process.once('exit', this.onExit);
  }

  /** Starts a process, or starts it again. */
  start(name: string): void {
    const options: ProcessOptions = { ...this.settings, name, runsFile: this.runsFile };
    const child = fork(this.entry, [JSON.stringify(options)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const member: Member = { child, consumer: undefined };
    this.members.set(name, member);
    child.on('message', (report: Report) => {
      if (report.type === 'identity') member.consumer = report.consumer;
      else this.events.push({ name, event: report.event, running: report.running });
    });
  }

  /** Whether all are connected and consume. */
  get isUp(): boolean {
    return [...this.members.values()].every(({ consumer }) => consumer !== undefined);
  }

  signal(name: string, signal: NodeJS.Signals): void {
    this.members.get(name)?.child.kill(signal);
  }

  /** `kill -9`, with the number of messages on loan to it at that moment. */
  async kill(name: string, redis: Redis, keys: QueueKeys): Promise<number> {
    // Stopped first, so that nothing starts between the count and the kill.
    this.signal(name, 'SIGSTOP');
    const onLoan = idsOfEntries(await redis.smembers(keys.active(this.consumerOf(name))));
    await this.end(name);
    return onLoan.length;
  }

  /** Its name in Redis. */
  consumerOf(name: string): string {
    return this.members.get(name)?.consumer ?? '';
  }

  /** What happened to consumers, `type` only. */
  heard(type: ConsumerEvent['type']): { name: string; running: number }[] {
    return this.events.filter(({ event }) => event === type);
  }

  /** How often each id was begun. */
  runs(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const id of readFileSync(this.runsFile, 'utf8').split('\n')) {
      if (id !== '') counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    return counts;
  }

  async close(): Promise<void> {
    await Promise.all([...this.members.keys()].map((name) => this.end(name)));
    process.off('exit', this.onExit);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async end(name: string): Promise<void> {
    const child = this.members.get(name)?.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  private killAll(): void {
    for (const { child } of this.members.values()) child.kill('SIGKILL');
  }
}

interface Member {
  readonly child: ChildProcess;
  consumer: string | undefined;
}
