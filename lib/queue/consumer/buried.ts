import type { Claim } from '../broker.js';
import { parseEnvelope } from '../envelope.js';
import { crashResult } from './execution.js';
import type { Loans } from './loans.js';
import type { Reporter } from './reporter.js';

/** Messages that a claim found to have crashed too often: they are dead already, but somebody may wait for them. */
export function settleBuried({ buried, droppedDead }: Claim, loans: Loans, report: Reporter): void {
  for (const { id, envelope } of buried) {
    const parsed = parseEnvelope(id, envelope);
    const result = crashResult(parsed);
    if (result) loans.addResult(id, result);
    report.crashed(id, parsed);
  }
  report.deadDropped(droppedDead);
}
