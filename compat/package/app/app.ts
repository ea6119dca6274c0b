import { Controller, Get, Injectable, Module } from '@nestjs/common';
import {
  AioTask,
  AioTaskContext,
  InjectPool,
  InjectTasks,
  NbAioPool,
  NbAioPoolModule,
  Tasks,
} from 'nestjs-nb-aiopool';

export interface Report {
  readonly title: string;
  readonly attempt: number;
}

@Injectable()
export class ReportTasks {
  @AioTask({ queue: 'reports', maxConcurrency: 10, retry: { maxAttempts: 2, delay: 1 } })
  async build(user: string, year: number): Promise<Report> {
    const attempt = AioTaskContext.current()?.attempt ?? 0;
    if (year < 0 && attempt === 1) throw new RangeError('not at once');
    return { title: `${user} ${year}`, attempt };
  }
}

@Controller()
export class ReportController {
  constructor(
    @InjectTasks(ReportTasks) readonly reports: Tasks<ReportTasks>,
    @InjectPool() readonly pool: NbAioPool,
  ) {}

  @Get()
  build(): Promise<Report> {
    return this.pool.run(() => this.reports.build.run('ann', 2026));
  }
}

@Module({
  imports: [NbAioPoolModule.forRoot({ broker: 'memory', pools: { crawler: { maxConcurrency: 2 } } })],
  controllers: [ReportController],
  providers: [ReportTasks],
})
export class AppModule {}
