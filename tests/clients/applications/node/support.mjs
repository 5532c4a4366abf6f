// What the scripts share: the server's address, and waiting for a condition.

import { setTimeout as sleep } from "node:timers/promises";

export const url = process.env.KVIK_URL;
export const { hostname: host, port } = new URL(url);

export async function eventually(condition, what = condition.toString(), seconds = 20) {
  const end = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`did not come true in ${seconds} s: ${what}`);
    await sleep(5);
  }
}
