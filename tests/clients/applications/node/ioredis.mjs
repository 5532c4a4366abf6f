// ioredis.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { Redis } from "ioredis";
import { eventually, url } from "./support.mjs";

let redis;

before(() => {
  redis = new Redis(url);
});
beforeEach(() => redis.flushall());
after(() => redis.disconnect());

test("strings, expiry and conditions", async () => {
  assert.equal(await redis.set("key", "value", "EX", 100), "OK");
  assert.equal(await redis.set("key", "other", "NX"), null);
  assert.equal(await redis.getex("key", "PX", 50_000), "value");
  assert.ok((await redis.pttl("key")) <= 50_000);
  await redis.set("short", "lived", "PX", 20);
  await eventually(async () => (await redis.get("short")) === null);
});

test("binary values", async () => {
  const bytes = Buffer.from([0, 255, 13, 10, 128]);
  await redis.set(bytes, bytes);
  assert.deepEqual(await redis.getBuffer(bytes), bytes);
  await redis.hset("hash", "field", bytes);
  assert.deepEqual((await redis.hgetallBuffer("hash")).field, bytes);
});

test("hashes, sets and sorted sets", async () => {
  await redis.hset("hash", { name: "Ada", born: 1815 });
  assert.deepEqual(await redis.hgetall("hash"), { name: "Ada", born: "1815" });
  assert.deepEqual(await redis.hexpire("hash", 100, "FIELDS", 2, "name", "none"), [1, -2]);
  await redis.sadd("set", ["x", "y"]);
  assert.deepEqual(await redis.smismember("set", "x", "z"), [1, 0]);
  await redis.zadd("board", 1.5, "one", 2, "two");
  assert.deepEqual(await redis.zrange("board", 0, -1, "WITHSCORES"), ["one", "1.5", "two", "2"]);
});

test("pipelines and errors in them", async () => {
  await redis.lpush("list", "x");
  const replies = await redis.pipeline().set("key", 1).get("list").incr("key").exec();
  assert.deepEqual([replies[0], replies[2]], [[null, "OK"], [null, 2]]);
  assert.match(replies[1][0].message, /WRONGTYPE/);
  await assert.rejects(redis.call("NOSUCH"), /unknown command/);
});

test("automatic pipelines", async () => {
  const many = new Redis(url, { enableAutoPipelining: true });
  const replies = await Promise.all(Array.from({ length: 2000 }, () => many.incr("n")));
  assert.equal(replies.at(-1), 2000);
  many.disconnect();
});

test("transactions", async () => {
  assert.deepEqual(await redis.multi().set("key", "value").get("key").exec(), [[null, "OK"], [null, "value"]]);
  const other = redis.duplicate();
  await other.watch("key");
  await redis.set("key", "changed");
  assert.equal(await other.multi().set("key", "lost").exec(), null);
  await assert.rejects(redis.multi().set("key").exec(), /EXECABORT/);
  other.disconnect();
});

test("prefixes of keys and own commands", async () => {
  const app = new Redis(url, {
    keyPrefix: "app:",
    scripts: { addTo: { numberOfKeys: 1, lua: "return {redis.call('INCRBY', KEYS[1], ARGV[1]), KEYS[1]}" } },
  });
  assert.deepEqual(await app.addTo("n", 5), [5, "app:n"]);
  await redis.script("FLUSH");
  assert.deepEqual(await app.addTo("n", 6), [11, "app:n"]);
  assert.deepEqual(await app.pipeline().addTo("n", 1).exec(), [[null, [12, "app:n"]]]);
  assert.equal(await redis.get("app:n"), "12");
  app.disconnect();
});

test("publish and subscribe", async () => {
  const subscriber = redis.duplicate();
  const seen = [];
  subscriber.on("message", (channel, message) => seen.push([channel, message]));
  subscriber.on("pmessage", (pattern, channel, message) => seen.push([pattern, channel, message]));
  assert.equal(await subscriber.subscribe("news", "other"), 2);
  assert.equal(await subscriber.psubscribe("n?ws"), 3);
  assert.equal(await redis.publish("news", "hello"), 2);
  await eventually(() => seen.length === 2);
  assert.deepEqual(seen, [["news", "hello"], ["n?ws", "news", "hello"]]);
  assert.equal(await subscriber.punsubscribe("n?ws"), 2);
  subscriber.disconnect();
});

test("blocking commands", async () => {
  const waiter = redis.duplicate();
  const reply = waiter.blpop("queue", "other", 10);
  await eventually(async () => /blocked_clients:1/.test(await redis.info("clients")));
  await redis.rpush("other", "job");
  assert.deepEqual(await reply, ["other", "job"]);
  assert.equal(await waiter.bzpopmin("none", 0.01), null);
  waiter.disconnect();
});

test("streams of SCAN", async () => {
  await redis.mset(Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`key:${index}`, "x"])));
  const found = new Set();
  for await (const keys of redis.scanStream({ match: "key:*", count: 50 })) keys.forEach((key) => found.add(key));
  assert.equal(found.size, 500);
});

test("streams and groups", async () => {
  await redis.xgroup("CREATE", "stream", "group", "$", "MKSTREAM");
  const reader = redis.duplicate();
  const waiting = reader.xreadgroup("GROUP", "group", "me", "COUNT", 10, "BLOCK", 10_000, "STREAMS", "stream", ">");
  await eventually(async () => /blocked_clients:1/.test(await redis.info("clients")));
  const id = await redis.xadd("stream", "*", "kind", "order");
  assert.deepEqual(await waiting, [["stream", [[id, ["kind", "order"]]]]]);
  assert.equal(await redis.xack("stream", "group", id), 1);
  reader.disconnect();
});

test("monitor", async () => {
  const monitor = await redis.duplicate().monitor();
  const seen = [];
  monitor.on("monitor", (_, args) => seen.push(args));
  await redis.set("watched", "value");
  await eventually(() => seen.length === 1);
  assert.deepEqual(seen, [["set", "watched", "value"]]);
  monitor.disconnect();
});

test("a lost connection", async () => {
  const other = new Redis(url, { connectionName: "to-be-lost", retryStrategy: () => 5 });
  const subscriber = new Redis(url, { retryStrategy: () => 5 });
  const seen = [];
  subscriber.on("message", (_, message) => seen.push(message));
  await subscriber.subscribe("after");
  const lost = await other.client("ID");
  const closed = new Promise((resolve) => other.once("close", resolve));
  await redis.client("KILL", "TYPE", "pubsub");
  await redis.client("KILL", "ID", lost);
  await closed;
  assert.equal(await other.set("key", "again"), "OK"); // out of the offline queue
  assert.equal(await other.client("GETNAME"), "to-be-lost");
  await eventually(async () => (await redis.publish("after", "hello")) === 1);
  await eventually(() => seen.includes("hello"));
  other.disconnect();
  subscriber.disconnect();
});
