import { readable } from '../files/path-text.js';
import { Contents, type DuplicateGroup } from './contents.js';
import { Listing } from './listing.js';
import { ROOT, type Entry, type Report } from './report.js';

export interface ScanSummary {
  readonly files: number;
  readonly bytes: number;
  readonly duplicateGroups: number;
  readonly wastedBytes: number;
  readonly unreadable: number;
  readonly seconds: number;
}

export interface Unreadable {
  readonly path: string;
  readonly reason: string;
}

const UNREADABLE_SHOWN = 100;

/**
 * Gathers the reports of one scan, which come in any order, from any process, and some of them more than once. It
 * is complete when every entry of every listing has been reported; of each folder the first listing counts.
 */
export class Scan {
  /** Resolves when the scan is complete. */
  readonly completed: Promise<void>;
  /** The first that could not be read. */
  readonly unreadable: Unreadable[] = [];
  /** Filled in when the scan is complete. */
  worst: DuplicateGroup[] = [];
  /** Entries that were reported. */
  reported = 0;
  /** Entries that are known and not yet reported. */
  missing = 1;

  private readonly contents = new Contents();
  private readonly listings = new Map<string, Listing>([[ROOT, new Listing(1)]]);
  /** Reports that came before the report of their folder. */
  private readonly early = new Map<string, Report[]>();
  private readonly startedAt = performance.now();
  private endedAt: number | undefined;
  private unreadableCount = 0;
  private complete!: () => void;

  constructor(
    readonly id: string,
    readonly folder: string,
  ) {
    this.completed = new Promise((resolve) => (this.complete = resolve));
  }

  get root(): Entry {
    return { scan: this.id, listing: ROOT, index: 0, path: this.folder };
  }

  get isComplete(): boolean {
    return this.endedAt !== undefined;
  }

  get summary(): ScanSummary {
    const { files, bytes, duplicateGroups, wastedBytes } = this.contents;
    const seconds = ((this.endedAt ?? performance.now()) - this.startedAt) / 1_000;
    return {
      files,
      bytes,
      duplicateGroups,
      wastedBytes,
      unreadable: this.unreadableCount,
      seconds: Number(seconds.toFixed(3)),
    };
  }

  gather(report: Report): void {
    if (this.isComplete) return;
    const listing = this.listings.get(report.listing);
    if (!listing) this.keep(report);
    else if (listing.report(report.index)) this.count(report);
    else if (report.kind === 'listed') this.supersede(report.contents);
    if (this.missing === 0 && !this.isComplete) this.end();
  }

  private keep(report: Report): void {
    const reports = this.early.get(report.listing);
    if (reports) reports.push(report);
    else this.early.set(report.listing, [report]);
  }

  private count(report: Report): void {
    this.reported += 1;
    this.missing -= 1;
    if (report.kind === 'hashed') this.contents.add(report.path, report);
    else if (report.kind === 'listed') this.open(report.contents, report.entries);
    else this.countUnreadable(report.path, report.reason);
  }

  private open(id: string, entries: number): void {
    this.missing += entries;
    this.listings.set(id, new Listing(entries));
    this.replay(id);
  }

  /** Another listing of the same folder came first: the entries of this one don't count. */
  private supersede(id: string): void {
    if (this.listings.has(id)) return;
    this.listings.set(id, new Listing(0));
    this.replay(id);
  }

  private replay(id: string): void {
    const reports = this.early.get(id) ?? [];
    this.early.delete(id);
    for (const report of reports) this.gather(report);
  }

  private countUnreadable(path: string, reason: string): void {
    this.unreadableCount += 1;
    if (this.unreadable.length < UNREADABLE_SHOWN) this.unreadable.push({ path: readable(path), reason });
  }

  private end(): void {
    this.endedAt = performance.now();
    this.worst = this.contents.worst();
    this.contents.clear();
    this.listings.clear();
    this.early.clear();
    this.complete();
  }
}
