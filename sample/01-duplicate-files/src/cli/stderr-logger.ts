import { ConsoleLogger, type LogLevel } from '@nestjs/common';

/** Leaves stdout to what the scan prints. */
export class StderrLogger extends ConsoleLogger {
  protected override printMessages(
    messages: unknown[],
    context?: string,
    level?: LogLevel,
    _stream?: 'stdout' | 'stderr',
    ...rest: unknown[]
  ): void {
    super.printMessages(messages, context, level, 'stderr', ...rest);
  }
}
