import { Injectable } from '@nestjs/common';
import type { Scan } from './scan.js';

const FINISHED_KEPT = 100;

/** The scans of this process. */
@Injectable()
export class Scans {
  private readonly scans = new Map<string, Scan>();

  add(scan: Scan): void {
    const finished = [...this.scans.values()].filter(({ isComplete }) => isComplete);
    for (const { id } of finished.slice(0, -FINISHED_KEPT)) this.scans.delete(id);
    this.scans.set(scan.id, scan);
  }

  find(id: string): Scan | undefined {
    return this.scans.get(id);
  }
}
