/** Runs in a thread of an AsyncPoolExecutor. */
export async function triple(value: number): Promise<number> {
  return value * 3;
}
