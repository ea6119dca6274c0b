import type { Report } from '../reports/report.tasks.js';

/** Submits a report for each customer; the ids. */
export async function submitAll(url: string, customers: readonly string[]): Promise<string[]> {
  return Promise.all(
    customers.map(async (customer) => {
      const response = await fetch(`${url}/reports`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ customer }),
      });
      return (await bodyOf<{ id: string }>(response, 202)).id;
    }),
  );
}

/** How many wait in the queue. */
export async function waiting(url: string): Promise<number> {
  const { waiting: count } = await bodyOf<{ waiting: number }>(await fetch(`${url}/reports`), 200);
  return count;
}

/** Asks until it is built. */
export async function fetchReport(url: string, id: string): Promise<Report> {
  for (;;) {
    const response = await fetch(`${url}/reports/${id}`);
    if (response.status !== 202) return bodyOf<Report>(response, 200);
    await response.body?.cancel();
  }
}

async function bodyOf<T>(response: Response, status: number): Promise<T> {
  if (response.status === status) return (await response.json()) as T;
  throw new Error(`${response.url} answered ${response.status}: ${await response.text()}`);
}
