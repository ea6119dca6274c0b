// The asyncio guide's server.py. docs/from-python.md quotes the region.
// #region server
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export const server = createServer((request, response) => {
  answer(request.url ?? '').then(
    (text) => response.end(text),
    (error: Error) =>
      response.writeHead(404).end(error.message),
  );
});

async function answer(path: string): Promise<string> {
  if (path === '/error') {
    await sleep(3000);
    return 'error!';
  }
  const [, x] = /^\/(\d+)$/.exec(path) ?? [];
  if (x === undefined) throw new Error(`no ${path}`);
  await sleep(Number(x) * 1000);
  return `${x} It works`;
}

// server.listen(5000);
// #endregion
