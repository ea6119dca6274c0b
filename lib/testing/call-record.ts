import type { CallState } from './submitted-call.js';

/** What the kit knows of one call. */
export class CallRecord {
  private stage: Exclude<CallState, 'ready' | 'delayed'> | 'waiting' = 'waiting';
  /** When it can run: from its submit on, or when its backoff is over. */
  dueAt: number;
  attempts = 0;
  error: unknown;
  /** Resolves when its last run is settled, or could not be. Never rejects: that is its runner's to do. */
  ran: Promise<void> = Promise.resolve();

  constructor(
    readonly id: string,
    readonly connection: string,
    readonly queue: string,
    /** As it is stored. */
    readonly envelope: unknown,
    now: number,
  ) {
    this.dueAt = now;
  }

  /** The name of the task within its queue. */
  get task(): string {
    return (this.envelope as { task: string }).task;
  }

  state(now: number): CallState {
    if (this.stage !== 'waiting') return this.stage;
    return this.dueAt <= now ? 'ready' : 'delayed';
  }

  /** From here on it is known to run; also to what its task does first. */
  begin(start: () => Promise<void>): Promise<void> {
    this.stage = 'running';
    this.attempts++;
    const run = start();
    this.ran = run.catch(() => {});
    return run;
  }

  end(stage: 'done' | 'dead', error?: unknown): void {
    this.stage = stage;
    this.error = error;
  }

  /** It comes back. */
  delay(dueAt: number, error: unknown): void {
    this.stage = 'waiting';
    this.dueAt = dueAt;
    this.error = error;
  }

  clear(): void {
    this.stage = 'cleared';
  }
}
