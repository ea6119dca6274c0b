const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** 1234567 -> 1.2 MB */
export function readableBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

export const readableCount = (count: number): string => count.toLocaleString('en');

/** The most that this process has occupied so far, in bytes. */
export const peakMemoryBytes = (): number => process.resourceUsage().maxRSS * 1_024;
