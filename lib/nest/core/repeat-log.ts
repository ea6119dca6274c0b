/** What is written of something that may repeat. */
export interface Entry {
  readonly level: 'log' | 'warn' | 'error';
  readonly text: string;
  readonly params: LogParams;
}

/** What a line says, for loggers that keep fields. Never a payload. */
export type LogParams = Readonly<Record<string, string | number | boolean>>;

/** How long the same is counted before it is said again, in ms. */
const PERIOD = 60_000;
/** Kinds of a group that get lines of their own in a period, and groups; what is beyond shares lines. */
const KINDS = 5;
const GROUPS = 50;
/** Stands for all kinds, or groups, beyond the limit. */
const OTHERS = '(others)';

interface Repeats {
  count: number;
  since: number;
  last: Entry;
}

/**
 * Counts what repeats: the first of a kind is written at once, the others of the next minute are one line with their
 * number and the last of them. A loop that fails 100,000 times a minute writes two lines, and whatever fails, however,
 * no more than 2 x (5 + 1) x (50 + 1) a minute are written.
 */
export class RepeatLog {
  private readonly groups = new Map<string, Map<string, Repeats>>();
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(private readonly write: (entry: Entry) => void) {}

  /** @param group, @param kind what makes two entries the same; both may come from outside. */
  say(group: string, kind: string, entry: Entry): void {
    // A timer would outlive the application, and what it counted would never be told.
    if (this.closed) return this.write(entry);
    const kinds = place(this.groups, group, GROUPS, () => new Map<string, Repeats>());
    const repeats = place(kinds, kind, KINDS, () => ({ count: 0, since: performance.now(), last: entry }));
    repeats.last = entry;
    if (repeats.count++ === 0) this.write(entry);
    this.timer ??= setInterval(() => this.tell(), PERIOD).unref();
  }

  /** Tells what was counted, and counts no more: what comes later is written at once. */
  close(): void {
    this.closed = true;
    this.tell();
    clearInterval(this.timer);
    this.timer = undefined;
    this.groups.clear();
  }

  /** What did not repeat since the last time is forgotten; what did goes on being counted. */
  private tell(): void {
    for (const [group, kinds] of this.groups) {
      for (const [kind, repeats] of kinds) {
        const quiet = repeats.count <= 1;
        if (quiet) kinds.delete(kind);
        else this.write(summary(repeats, kind === OTHERS || group === OTHERS));
        repeats.count = Math.min(1, repeats.count);
        repeats.since = performance.now();
      }
      if (kinds.size === 0) this.groups.delete(group);
    }
    if (this.groups.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}

/** The value under `key`, or the shared one when there are too many. */
function place<V>(map: Map<string, V>, key: string, limit: number, make: () => V): V {
  const at = map.has(key) || map.size < limit ? key : OTHERS;
  const value = map.get(at) ?? make();
  map.set(at, value);
  return value;
}

function summary({ count, since, last }: Repeats, mixed: boolean): Entry {
  const seconds = Math.max(1, Math.round((performance.now() - since) / 1_000));
  const repeats = count - 1;
  const like = mixed ? 'other events' : 'more like it';
  const text = `${last.text} (the last of ${repeats} ${like} in ${seconds} s)`;
  return { ...last, text, params: { ...last.params, repeats, seconds } };
}
