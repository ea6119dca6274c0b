import { Body, Controller, Get, NotFoundException, Param, Post } from '@nestjs/common';
import { BadRequestException } from '@nestjs/common';
import { readable } from '../files/path-text.js';
import type { DuplicateGroup } from './contents.js';
import type { Scan, ScanSummary, Unreadable } from './scan.js';
import { Scanner } from './scanner.js';
import { Scans } from './scans.js';

interface ScanView extends ScanSummary {
  readonly id: string;
  readonly folder: string;
  readonly state: 'running' | 'complete';
  /** The groups that waste most; empty until the scan is complete. */
  readonly worst: readonly DuplicateGroup[];
  /** The first that could not be read; `unreadable` counts them all. */
  readonly unreadablePaths: readonly Unreadable[];
}

@Controller('scans')
export class ScansController {
  constructor(
    private readonly scanner: Scanner,
    private readonly scans: Scans,
  ) {}

  /** Answers at once; the scan goes on. */
  @Post()
  async start(@Body() body: { folder?: unknown } | undefined): Promise<ScanView> {
    const folder = body?.folder;
    if (typeof folder !== 'string' || folder === '') {
      throw new BadRequestException('Send the folder to scan: {"folder": "/some/folder"}.');
    }
    return view(await this.scanner.start(folder));
  }

  @Get(':id')
  show(@Param('id') id: string): ScanView {
    const scan = this.scans.find(id);
    if (!scan) throw new NotFoundException(`There is no scan '${id}'.`);
    return view(scan);
  }
}

function view({ id, folder, isComplete, summary, worst, unreadable }: Scan): ScanView {
  return {
    id,
    folder: readable(folder),
    state: isComplete ? 'complete' : 'running',
    ...summary,
    worst,
    unreadablePaths: unreadable,
  };
}
