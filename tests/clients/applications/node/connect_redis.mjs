// connect-redis: sessions of express-session over node-redis, in a web server of node's.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { RedisStore } from "connect-redis";
import session from "express-session";
import { createClient } from "redis";
import { eventually, url } from "./support.mjs";

let client, store, web, address;

// /count counts a visitor's requests, /leave ends the session.
function answer(request, response) {
  response.setHeader("content-type", "application/json");
  if (request.url === "/leave") return request.session.destroy(() => response.end("{}"));
  request.session.count = (request.session.count ?? 0) + 1;
  return response.end(JSON.stringify({ count: request.session.count, id: request.sessionID }));
}

async function visit(path, cookie = "") {
  const response = await fetch(address + path, { headers: { cookie } });
  return { ...(await response.json()), cookie: response.headers.get("set-cookie")?.split(";")[0] ?? cookie };
}

before(async () => {
  client = await createClient({ url }).connect();
  store = new RedisStore({ client, prefix: "session:", ttl: 300 });
  const middleware = session({ store, secret: "of the tests", resave: false, saveUninitialized: false });
  web = createServer((request, response) => middleware(request, response, () => answer(request, response)));
  await new Promise((resolve) => web.listen(0, "127.0.0.1", resolve));
  address = `http://127.0.0.1:${web.address().port}`;
});
after(() => {
  web.close();
  web.closeAllConnections();
  client.destroy();
});

test("a session lasts from request to request", async () => {
  const { cookie, count, id } = await visit("/count");
  assert.equal(count, 1);
  assert.equal((await visit("/count", cookie)).count, 2);
  assert.equal((await visit("/count")).count, 1);
  assert.equal(JSON.parse(await client.get(`session:${id}`)).count, 2);
});

test("a session expires, and every visit puts that off", async () => {
  const { cookie, id } = await visit("/count");
  assert.ok((await client.ttl(`session:${id}`)) > 290);
  await client.expire(`session:${id}`, 100);
  await visit("/count", cookie);
  assert.ok((await client.ttl(`session:${id}`)) > 290);
  await client.pExpire(`session:${id}`, 20);
  await eventually(async () => (await client.exists(`session:${id}`)) === 0);
  assert.equal((await visit("/count", cookie)).count, 1);
});

test("a session is ended", async () => {
  const { cookie, id } = await visit("/count");
  await visit("/leave", cookie);
  assert.equal(await client.exists(`session:${id}`), 0);
});

test("all sessions of a store", async () => {
  await store.clear();
  const { id } = await visit("/count");
  await visit("/count");
  assert.equal(await store.length(), 2);
  assert.ok((await store.ids()).includes(id));
  assert.deepEqual((await store.all()).map(({ count }) => count), [1, 1]);
  await store.clear();
  assert.equal(await store.length(), 0);
});
