// Processor time of Redis in microseconds: of its main thread where the server reports that (7.0 and later).
export async function redisCpu(client) {
  const info = await client.info('cpu');
  const read = (field) => Number(new RegExp(`^${field}:([0-9.]+)`, 'm').exec(info)?.[1] ?? NaN);
  const ofMainThread = read('used_cpu_user_main_thread') + read('used_cpu_sys_main_thread');
  const seconds = Number.isNaN(ofMainThread) ? read('used_cpu_user') + read('used_cpu_sys') : ofMainThread;
  return seconds * 1_000_000;
}

/** Runs `work` and adds to its result what Redis used meanwhile. */
export async function withRedisCpu(client, work) {
  const before = await redisCpu(client);
  const value = await work();
  return { ...value, redisCpu: (await redisCpu(client)) - before };
}
