// node-redis, in RESP3 as it comes, and in RESP2 where that makes a difference.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { createClient, createClientPool, defineScript, RESP_TYPES, WatchError } from "redis";
import { eventually, url } from "./support.mjs";

let client;

before(async () => {
  client = await createClient({ url }).on("error", () => {}).connect();
});
beforeEach(() => client.flushAll());
after(() => client.destroy());

test("strings, expiry and conditions", async () => {
  assert.equal(await client.set("key", "value", { expiration: { type: "EX", value: 100 } }), "OK");
  assert.equal(await client.set("key", "other", { condition: "NX" }), null);
  assert.equal(await client.getEx("key", { type: "PX", value: 50_000 }), "value");
  assert.ok((await client.pTTL("key")) <= 50_000);
  assert.equal(await client.set("short", "lived", { expiration: { type: "PX", value: 20 } }), "OK");
  await eventually(async () => (await client.get("short")) === null);
  assert.equal(await client.incrByFloat("f", 1.5), "1.5");
});

test("binary values", async () => {
  const bytes = Buffer.from([0, 255, 13, 10, 128]);
  const binary = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  await client.set("bytes", bytes);
  assert.deepEqual(await binary.get("bytes"), bytes);
  await binary.restore("copy", 0, await binary.dump("bytes"));
  assert.deepEqual(await binary.get("copy"), bytes);
});

for (const RESP of [2, 3]) {
  test(`hashes, lists, sets and sorted sets in RESP${RESP}`, async () => {
    const other = await createClient({ url, RESP }).connect();
    await other.hSet("hash", { name: "Ada", born: 1815 });
    assert.deepEqual({ ...(await other.hGetAll("hash")) }, { name: "Ada", born: "1815" });
    assert.deepEqual(await other.hExpire("hash", ["name", "none"], 100), [1, -2]);
    await other.rPush("list", ["a", "b", "c"]);
    assert.deepEqual(await other.lRange("list", 0, -1), ["a", "b", "c"]);
    await other.sAdd("set", ["x", "y"]);
    assert.deepEqual(await other.smIsMember("set", ["x", "z"]), [1, 0]);
    await other.zAdd("board", [{ score: 1.5, value: "one" }, { score: 2, value: "two" }]);
    assert.deepEqual(await other.zRangeWithScores("board", 0, -1), [
      { value: "one", score: 1.5 }, { value: "two", score: 2 },
    ]);
    assert.equal(await other.zScore("board", "one"), 1.5);
    assert.equal((await other.sendCommand(["HELLO"]))[RESP === 3 ? "proto" : 5], RESP);
    other.destroy();
  });
}

test("a tick's commands are one pipeline", async () => {
  const replies = await Promise.all(Array.from({ length: 5000 }, () => client.incr("n")));
  assert.deepEqual(replies, Array.from({ length: 5000 }, (_, index) => index + 1));
});

test("transactions", async () => {
  assert.deepEqual(await client.multi().set("key", "value").get("key").incr("n").exec(), ["OK", "value", 1]);
  const pool = await createClientPool({ url }).connect();
  await pool.execute(async (one) => {
    await one.watch("key");
    await client.set("key", "changed");
    await assert.rejects(one.multi().set("key", "lost").exec(), WatchError);
  });
  assert.equal(await client.get("key"), "changed");
  await assert.rejects(client.multi().incr("key").exec(), ({ replies }) => /not an integer/.test(replies[0].message));
  await pool.close();
});

test("errors", async () => {
  await client.lPush("list", "x");
  await assert.rejects(client.get("list"), /WRONGTYPE/);
  await assert.rejects(client.sendCommand(["NOSUCH", "a"]), /unknown command/);
  assert.equal(await client.ping(), "PONG");
});

test("publish and subscribe", async () => {
  const subscriber = await client.duplicate().connect();
  const seen = [];
  await subscriber.subscribe("news", (message, channel) => seen.push([channel, message]));
  await subscriber.pSubscribe("n?ws", (message, channel) => seen.push(["pattern", channel, message]));
  await subscriber.sSubscribe("shard", (message) => seen.push(["shard", message]));
  assert.equal(await client.publish("news", "hello"), 2);
  assert.equal(await client.sPublish("shard", "hello"), 1);
  await eventually(() => seen.length === 3);
  assert.deepEqual(seen, [["news", "hello"], ["pattern", "news", "hello"], ["shard", "hello"]]);
  await subscriber.unsubscribe("news");
  await subscriber.pUnsubscribe();
  assert.equal(await client.publish("news", "nobody"), 0);
  subscriber.destroy();
});

test("blocking commands on a pool", async () => {
  const pool = await createClientPool({ url }, { maximum: 5 }).connect();
  const waiting = Array.from({ length: 3 }, () => pool.blPop("queue", 10));
  await eventually(async () => /blocked_clients:3/.test(await client.info("clients")));
  await client.rPush("queue", ["a", "b", "c"]);
  assert.deepEqual((await Promise.all(waiting)).map((reply) => reply.element).sort(), ["a", "b", "c"]);
  assert.equal(await pool.blPop("queue", 0.01), null);
  await pool.close();
});

test("iterators", async () => {
  await client.mSet(Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`key:${index}`, "x"])));
  await client.set("other", "y");
  const found = new Set();
  for await (const keys of client.scanIterator({ MATCH: "key:*", COUNT: 50 })) keys.forEach((key) => found.add(key));
  assert.equal(found.size, 500);
});

test("scripts and functions", async () => {
  const scripted = await createClient({
    url,
    scripts: {
      addTo: defineScript({
        NUMBER_OF_KEYS: 1,
        SCRIPT: "return redis.call('INCRBY', KEYS[1], ARGV[1])",
        parseCommand(parser, key, amount) {
          parser.pushKey(key);
          parser.push(amount.toString());
        },
        transformReply: undefined,
      }),
    },
  }).connect();
  assert.deepEqual([await scripted.addTo("n", 5), await scripted.addTo("n", 6)], [5, 11]);
  await client.functionLoad("#!lua name=lib\nredis.register_function('twice', function(keys, args) return args[1] * 2 end)");
  assert.equal(await client.fCall("twice", { keys: [], arguments: ["21"] }), 42);
  await client.functionFlush();
  scripted.destroy();
});

test("streams and groups", async () => {
  await client.xGroupCreate("stream", "group", "$", { MKSTREAM: true });
  const id = await client.xAdd("stream", "*", { kind: "order", amount: "3" });
  const [{ name, messages }] = await client.xReadGroup("group", "me", { key: "stream", id: ">" }, { COUNT: 10 });
  assert.equal(name, "stream");
  assert.deepEqual(messages.map((each) => [each.id, { ...each.message }]), [[id, { kind: "order", amount: "3" }]]);
  assert.equal((await client.xPending("stream", "group")).pending, 1);
  assert.equal(await client.xAck("stream", "group", id), 1);
});

test("client-side caching", async () => {
  const caching = await createClient({
    url, RESP: 3, clientSideCache: { ttl: 0, maxEntries: 100, evictPolicy: "LRU" },
  }).connect();
  await client.set("cached", "one");
  const reads = async () => Number(/cmdstat_get:calls=(\d+)/.exec(await client.info("commandstats"))[1]);
  assert.equal(await caching.get("cached"), "one");
  const before = await reads();
  assert.equal(await caching.get("cached"), "one");
  assert.equal(await reads(), before);
  await client.set("cached", "two");
  await eventually(async () => (await caching.get("cached")) === "two");
  caching.destroy();
});

test("a lost connection", async () => {
  const name = "to-be-lost";
  const other = createClient({ url, name, socket: { reconnectStrategy: 5 } }).on("error", () => {});
  await other.connect();
  const subscriber = other.duplicate().on("error", () => {});
  await subscriber.connect();
  const seen = [];
  await subscriber.subscribe("after", (message) => seen.push(message));
  const lost = await other.clientId();
  await client.sendCommand(["CLIENT", "KILL", "TYPE", "pubsub"]);
  await client.sendCommand(["CLIENT", "KILL", "ID", lost.toString()]);
  await eventually(async () => {
    try { return (await other.clientId()) !== lost; } catch { return false; }
  });
  assert.equal(await other.set("key", "again"), "OK");
  assert.equal(await other.clientGetName(), name);
  await eventually(async () => (await client.publish("after", "hello")) === 1);
  await eventually(() => seen.includes("hello"));
  other.destroy();
  subscriber.destroy();
});
