// Microseconds of the machine's monotonic clock: comparable between the processes of one machine.
export const now = () => Number(process.hrtime.bigint()) / 1_000;

/** Microseconds of processor time that this process has used. */
export function cpuUsed() {
  const { user, system } = process.cpuUsage();
  return user + system;
}
