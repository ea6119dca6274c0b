/** Which entries of a listing have been reported. */
export class Listing {
  private readonly reported = new Set<number>();
  private missing: number;

  constructor(entries: number) {
    this.missing = entries;
  }

  /** False if the entry was reported before, or does not count. */
  report(index: number): boolean {
    if (this.missing === 0 || this.reported.has(index)) return false;
    this.reported.add(index);
    this.missing -= 1;
    if (this.missing === 0) this.reported.clear();
    return true;
  }
}
