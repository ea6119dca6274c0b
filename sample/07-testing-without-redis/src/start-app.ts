import type { TestingModule } from '@nestjs/testing';

export interface StartedApp {
  /** The answer's body. */
  post(path: string, body: object): Promise<{ id: string }>;
  close(): Promise<void>;
}

/** The application with its HTTP server, on a free port. */
export async function startApp(module: TestingModule): Promise<StartedApp> {
  const app = module.createNestApplication();
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return {
    async post(path, body) {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
      return (await response.json()) as { id: string };
    },
    close: () => app.close(),
  };
}
