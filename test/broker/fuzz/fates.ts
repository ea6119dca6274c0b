/** What has become of each message, as far as the engine has said so. */
export class Fates {
  /** Of all that were ever stored. */
  readonly envelopes: Map<string, string>;
  /** Stored, and neither settled nor cleared. */
  readonly live: Set<string>;
  readonly dead: Set<string>;

  constructor(from?: Fates) {
    this.envelopes = new Map(from?.envelopes);
    this.live = new Set(from?.live);
    this.dead = new Set(from?.dead);
  }

  isKnown(id: string): boolean {
    return this.envelopes.has(id);
  }

  store(id: string, envelope: string): void {
    this.envelopes.set(id, envelope);
    this.live.add(id);
  }

  /** It went to `place`, or nowhere: it is settled, or cleared. */
  move(id: string, place: string | undefined): void {
    if (place !== undefined && place !== 'dead') return;
    this.live.delete(id);
    if (place === 'dead') this.dead.add(id);
  }
}
