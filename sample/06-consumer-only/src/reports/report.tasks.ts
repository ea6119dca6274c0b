import { Injectable } from '@nestjs/common';
import { AioTask } from 'nestjs-nb-aiopool';
import { Figures } from './figures.js';

export interface Report {
  readonly customer: string;
  readonly total: number;
  /** The process that built it. */
  readonly builtBy: number;
}

@Injectable()
export class ReportTasks {
  /** What only consumers have: a process that submits needs this class, and nothing of what it needs. */
  constructor(private readonly figures: Figures) {}

  @AioTask('reports', 2)
  async build(customer: string): Promise<Report> {
    return { customer, total: await this.figures.sum(customer), builtBy: process.pid };
  }
}
