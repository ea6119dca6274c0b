import { Injectable } from '@nestjs/common';
import { AioTask } from 'nestjs-nb-aiopool';
import type { Report } from '../scan/report.js';
import { Scans } from '../scan/scans.js';

/** Runs in the main process only, where the scans are. */
@Injectable()
export class ResultTasks {
  constructor(private readonly scans: Scans) {}

  @AioTask('results', 1_000)
  async gather(report: Report): Promise<void> {
    // A scan that is unknown here was broken off: what is left of it does not matter.
    this.scans.find(report.scan)?.gather(report);
  }
}
