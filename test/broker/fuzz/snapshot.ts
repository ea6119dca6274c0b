import { ID_LENGTH } from '../../../lib/queue/message-id.js';

/** Every key with its type and values, and nothing in between, as a script runs alone. */
export const READ_ALL = `
  local read = {
    list = function(key) return redis.call('LRANGE', key, 0, -1) end,
    set = function(key) return redis.call('SMEMBERS', key) end,
    zset = function(key) return redis.call('ZRANGE', key, 0, -1, 'WITHSCORES') end,
    hash = function(key) return redis.call('HGETALL', key) end,
    string = function(key) return { redis.call('GET', key) } end,
  }
  local all = {}
  for i, key in ipairs(redis.call('KEYS', '*')) do
    local type = redis.call('TYPE', key).ok
    all[i] = { key, type, read[type](key) }
  end
  return all`;

export type StoredKey = [key: string, type: string, values: string[]];

/** All that lies in Redis at one moment. Keys are named without their base. */
export class Snapshot {
  /** Where each message is, by its id. More than one place is a fault. */
  readonly places = new Map<string, string[]>();
  /** What stands for it there: its id, or a span. */
  readonly entries = new Map<string, string>();
  private readonly stored = new Map<string, StoredKey>();
  // Both are asked for again and again.
  private readonly hashes = new Map<string, ReadonlyMap<string, string>>();
  private readonly pages = new Map<string, string[]>();

  constructor(all: readonly StoredKey[], base: string) {
    for (const [key, type, values] of all) {
      const name = key.startsWith(base) ? key.slice(base.length) : key;
      this.stored.set(name, [name, type, values]);
      if (/^(ready|suspects|delayed|dead|active:.*|recovering:.*)$/.test(name)) this.locate(name);
    }
  }

  get names(): string[] {
    return [...this.stored.keys()];
  }

  has(name: string): boolean {
    return this.stored.has(name);
  }

  /** Of a list, a set, a sorted set; the fields of a hash. */
  members(name: string): string[] {
    const [, type, values] = this.stored.get(name) ?? [name, 'list', []];
    return type === 'hash' || type === 'zset' ? values.filter((_, i) => i % 2 === 0) : values;
  }

  /** Fields and values of a hash, members and scores of a sorted set. */
  fields(name: string): ReadonlyMap<string, string> {
    const known = this.hashes.get(name);
    if (known) return known;
    const [, , values] = this.stored.get(name) ?? [name, 'hash', []];
    const fields = new Map<string, string>();
    for (let i = 0; i < values.length; i += 2) fields.set(values[i]!, values[i + 1]!);
    this.hashes.set(name, fields);
    return fields;
  }

  text(name: string): string | undefined {
    return this.stored.get(name)?.[2][0];
  }

  placeOf(id: string): string | undefined {
    return this.places.get(id)?.[0];
  }

  /** The ids of what is on loan to a consumer, or to a scout. */
  loansOf(consumer: string): string[] {
    return this.members(`active:${consumer}`).flatMap(idsOfEntry);
  }

  crashesOf(id: string): number {
    return Number((this.fields('histories').get(id) ?? '0 0 0').split(' ')[1]);
  }

  envelopeOf(id: string): string | undefined {
    const entry = this.entries.get(id) ?? id;
    if (entry.length === ID_LENGTH) return this.fields('messages').get(id);
    return this.linesOf(id.slice(0, 20))[Number(id.slice(20))];
  }

  /** The envelopes of a page. */
  linesOf(page: string): string[] {
    const known = this.pages.get(page);
    if (known) return known;
    const lines = this.fields('messages').get(page)?.split(',\n') ?? [];
    this.pages.set(page, lines);
    return lines;
  }

  /** The same text for the same content, whatever order Redis keeps it in. */
  get fingerprint(): string {
    const keys = [...this.stored.values()].map(([name, type]) =>
      type === 'hash' || type === 'zset'
        ? [name, [...this.fields(name)].map(String).toSorted()]
        : [name, type === 'set' ? this.members(name).toSorted() : this.members(name)],
    );
    return JSON.stringify(keys.map((key) => JSON.stringify(key)).toSorted());
  }

  private locate(place: string): void {
    for (const entry of this.members(place)) {
      for (const id of idsOfEntry(entry)) {
        const places = this.places.get(id);
        if (places) places.push(place);
        else this.places.set(id, [place]);
        this.entries.set(id, entry);
      }
    }
  }
}

/** What an entry of a list or set stands for; nothing, if it is foreign and can't be one. */
export function idsOfEntry(entry: string): string[] {
  if (entry.length === ID_LENGTH) return [entry];
  const [, page, first, count, total] = /^([0-9a-z]{20})(\d\d)(\d\d)(\d\d)$/i.exec(entry) ?? [];
  if (page === undefined || Number(total) < 2 || Number(first) + Number(count) > Number(total)) return [];
  return Array.from({ length: Number(count) }, (_, i) => page + String(Number(first) + i).padStart(2, '0'));
}

/** As `idsOfEntry`, for spans as they travel: 26 characters each, joined. */
export function idsOfSpans(joined: string): string[] {
  const spans = joined.match(/[^]{26}/g) ?? [];
  return spans.flatMap((span) => idsOfEntry(span.endsWith('0101') ? span.slice(0, ID_LENGTH) : span));
}
