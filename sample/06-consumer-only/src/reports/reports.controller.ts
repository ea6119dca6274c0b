import { Body, Controller, Get, HttpCode, HttpStatus, Param, Post, Res } from '@nestjs/common';
import { InjectTasks, ResultTimeoutError, Tasks } from 'nestjs-nb-aiopool';
import { ReportTasks, type Report } from './report.tasks.js';

/** How long a report can be fetched, and how long a request waits for it, in ms. */
const KEPT = 60_000;
const PATIENCE = 1_000;

@Controller('reports')
export class ReportsController {
  constructor(@InjectTasks(ReportTasks) private readonly reports: Tasks<ReportTasks>) {}

  @Post()
  @HttpCode(202)
  async create(@Body('customer') customer: string): Promise<{ id: string }> {
    const { id } = await this.reports.build.with({ result: KEPT }).submit(customer);
    return { id };
  }

  @Get()
  async count(): Promise<{ waiting: number }> {
    return { waiting: await this.reports.build.getQueueSize() };
  }

  /** 200 with the report; 202 if it is not built yet. */
  @Get(':id')
  async show(
    @Param('id') id: string,
    @Res({ passthrough: true }) response: { status(code: number): void },
  ): Promise<Report | undefined> {
    try {
      return await this.reports.build.result(id, PATIENCE);
    } catch (error) {
      if (!(error instanceof ResultTimeoutError)) throw error;
      response.status(HttpStatus.ACCEPTED);
      return undefined;
    }
  }
}
