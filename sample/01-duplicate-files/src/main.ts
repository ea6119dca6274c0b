import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { readArguments, USAGE, type Arguments } from './cli/arguments.js';
import { Progress } from './cli/progress.js';
import { StderrLogger } from './cli/stderr-logger.js';
import { table } from './cli/table.js';
import { peakMemoryBytes } from './cli/units.js';
import { readable } from './files/path-text.js';
import { Scanner } from './scan/scanner.js';

async function main(args: Arguments): Promise<void> {
  const serves = args.mode === 'serve';
  const app = await NestFactory.create<NestExpressApplication>(AppModule, {
    logger: new StderrLogger({
      logLevels: serves ? ['log', 'warn', 'error', 'fatal'] : ['warn', 'error', 'fatal'],
    }),
    abortOnError: false,
    forceCloseConnections: true,
  });
  app.enableShutdownHooks();
  try {
    await app.listen(process.env['PORT'] ?? (serves ? 3_000 : 0), '127.0.0.1');
    if (serves) console.error(`POST /scans {"folder": "..."} and GET /scans/:id at ${await app.getUrl()}`);
    else await run(app, args);
  } catch (error) {
    await app.close();
    throw error;
  }
  if (!serves) await app.close();
}

async function run(app: NestExpressApplication, { mode, folder }: Arguments): Promise<void> {
  const scan = await app.get(Scanner).start(folder);
  if (mode === 'json') {
    await scan.completed;
    console.log(JSON.stringify({ ...scan.summary, peakMemoryBytes: peakMemoryBytes() }));
  } else {
    console.error(`Scanning ${readable(scan.folder)}, see also ${await app.getUrl()}/scans/${scan.id}`);
    await app.get(Progress).show(scan);
    console.log(table(scan));
  }
}

try {
  const args = readArguments(process.argv.slice(2));
  if (args.mode === 'help') console.log(USAGE);
  else await main(args);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
