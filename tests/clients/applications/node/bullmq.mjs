// BullMQ: queues, workers and flows, all of them scripts in Lua. A queue of its own for each test.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { FlowProducer, Queue, QueueEvents, UnrecoverableError, Worker } from "bullmq";
import { Redis } from "ioredis";
import { eventually, host, port, url } from "./support.mjs";

const connection = { host, port: Number(port), maxRetriesPerRequest: null };
const TIMEOUT = 20_000;
let open = [];

// What is made here is closed after the test.
function keep(made) {
  open.push(made.on?.("error", () => {}) ?? made);
  return made;
}

async function setUp(name, process, options = {}) {
  const queue = keep(new Queue(name, { connection }));
  const events = keep(new QueueEvents(name, { connection }));
  await events.waitUntilReady();
  if (process) keep(new Worker(name, process, { connection, ...options }));
  return { queue, events };
}

afterEach(async () => {
  const made = open;
  open = [];
  for (const each of made.filter((each) => each instanceof Worker)) await each.close(true);
  for (const each of made.filter((each) => !(each instanceof Worker))) await each.close();
});

test("results of many jobs", async () => {
  const { queue, events } = await setUp("results", async (job) => job.data.number + 1, { concurrency: 10 });
  const jobs = await queue.addBulk(Array.from({ length: 100 }, (_, number) => ({ name: "add", data: { number } })));
  const results = await Promise.all(jobs.map((job) => job.waitUntilFinished(events, TIMEOUT)));
  assert.deepEqual(results, Array.from({ length: 100 }, (_, number) => number + 1));
  assert.equal((await queue.getJobCounts("completed")).completed, 100);
});

test("retries", async () => {
  const { queue, events } = await setUp("retries", async (job) => {
    if (job.attemptsMade < 2) throw new Error(`attempt ${job.attemptsMade}`);
    return job.attemptsMade;
  });
  const job = await queue.add("unreliable", {}, { attempts: 3, backoff: { type: "exponential", delay: 20 } });
  assert.equal(await job.waitUntilFinished(events, TIMEOUT), 2);
});

test("failures", async () => {
  const { queue, events } = await setUp("failures", async (job) => {
    if (job.name === "hopeless") throw new UnrecoverableError("no use");
    throw new Error("alas");
  });
  const job = await queue.add("fails", {}, { attempts: 2 });
  await assert.rejects(job.waitUntilFinished(events, TIMEOUT), /alas/);
  const hopeless = await queue.add("hopeless", {}, { attempts: 10 });
  await assert.rejects(hopeless.waitUntilFinished(events, TIMEOUT), /no use/);
  const [second, first] = await queue.getFailed();
  assert.deepEqual([first.attemptsMade, second.attemptsMade], [2, 1]);
  assert.match(first.stacktrace[0], /Error: alas/);
});

test("a delayed job", async () => {
  const { queue, events } = await setUp("delayed", async () => Date.now());
  const sent = Date.now();
  const job = await queue.add("later", {}, { delay: 300 });
  assert.equal(await job.getState(), "delayed");
  assert.ok((await job.waitUntilFinished(events, TIMEOUT)) - sent >= 300);
  const promoted = await queue.add("far away", {}, { delay: 3_600_000 });
  await promoted.promote();
  await promoted.waitUntilFinished(events, TIMEOUT);
});

test("priorities", async () => {
  const { queue } = await setUp("priorities");
  for (const priority of [3, 1, 2]) await queue.add(`p${priority}`, {}, { priority });
  const order = [];
  keep(new Worker("priorities", async (job) => order.push(job.name), { connection }));
  await eventually(() => order.length === 3);
  assert.deepEqual(order, ["p1", "p2", "p3"]);
});

test("a flow", async () => {
  const { events } = await setUp("flow", async (job) => {
    if (job.name !== "total") return job.data.number;
    return Object.values(await job.getChildrenValues()).reduce((sum, value) => sum + value, 0);
  });
  const flows = keep(new FlowProducer({ connection }));
  const { job } = await flows.add({
    name: "total", queueName: "flow",
    children: [1, 2, 3].map((number) => ({ name: "part", queueName: "flow", data: { number } })),
  });
  assert.equal(await job.waitUntilFinished(events, TIMEOUT), 6);
});

test("a flow whose child fails", async () => {
  const { events } = await setUp("broken-flow", async (job) => {
    if (job.name === "part") throw new Error("a part of it");
  });
  const flows = keep(new FlowProducer({ connection }));
  const { job } = await flows.add({
    name: "total", queueName: "broken-flow",
    children: [{ name: "part", queueName: "broken-flow", opts: { failParentOnFailure: true } }],
  });
  await assert.rejects(job.waitUntilFinished(events, TIMEOUT), /child .* failed/);
});

test("a job scheduler", async () => {
  const times = [];
  const { queue } = await setUp("scheduler", async () => times.push(Date.now()));
  await queue.upsertJobScheduler("often", { every: 100 }, { name: "tick", data: {} });
  await eventually(() => times.length >= 3);
  assert.equal((await queue.getJobSchedulers()).length, 1);
  assert.ok(await queue.removeJobScheduler("often"));
  await queue.upsertJobScheduler("cron", { pattern: "0 0 * * *" });
  assert.equal((await queue.getJobSchedulers())[0].pattern, "0 0 * * *");
});

test("progress and logs", async () => {
  const { queue, events } = await setUp("progress", async (job) => {
    await job.updateProgress(50);
    await job.log("half of it");
  });
  const seen = [];
  events.on("progress", ({ data }) => seen.push(data));
  const job = await queue.add("work", {});
  await job.waitUntilFinished(events, TIMEOUT);
  await eventually(() => seen.length === 1);
  assert.deepEqual(seen, [50]);
  assert.deepEqual((await queue.getJobLogs(job.id)).logs, ["half of it"]);
});

test("rate limits", async () => {
  const times = [];
  const { queue } = await setUp("limited", async () => times.push(Date.now()), { limiter: { max: 2, duration: 300 } });
  await queue.addBulk(Array.from({ length: 5 }, () => ({ name: "work", data: {} })));
  await eventually(() => times.length === 5);
  assert.ok(times[4] - times[0] >= 550);
});

test("pausing, draining and obliterating", async () => {
  const { queue } = await setUp("paused", async () => {});
  await queue.pause();
  await queue.addBulk([{ name: "a", data: {} }, { name: "b", data: {} }]);
  assert.equal(await queue.isPaused(), true);
  assert.equal(await queue.getWaitingCount(), 2);
  await queue.drain();
  await queue.add("c", {});
  await queue.resume();
  await eventually(async () => (await queue.getJobCounts("completed")).completed === 1);
  await queue.obliterate({ force: true });
  assert.equal(await queue.count(), 0);
});

test("the same job once", async () => {
  const { queue } = await setUp("once");
  const first = await queue.add("work", { n: 1 }, { deduplication: { id: "the-one" } });
  const second = await queue.add("work", { n: 2 }, { deduplication: { id: "the-one" } });
  assert.equal(first.id, second.id);
  await queue.add("work", {}, { jobId: "own-id" });
  await queue.add("work", {}, { jobId: "own-id" });
  assert.equal(await queue.count(), 2);
});

test("a worker that dies", async () => {
  const { queue, events } = await setUp("stalled");
  let begun = 0;
  const options = { connection, lockDuration: 300, stalledInterval: 150 };
  const first = keep(new Worker("stalled", () => {
    begun += 1;
    return new Promise(() => {}); // never ends, and its lock is not renewed
  }, { ...options, skipLockRenewal: true, skipStalledCheck: true }));
  const job = await queue.add("work", {});
  await eventually(() => begun === 1);
  await first.close(true);
  keep(new Worker("stalled", async () => "by another", options));
  assert.equal(await job.waitUntilFinished(events, TIMEOUT), "by another");
});

test("a lost connection", async () => {
  const { queue } = await setUp("lost", async (job) => job.data.n * 2);
  await eventually(async () => (await queue.getWorkers()).length === 1);
  const client = new Redis(url);
  await client.client("KILL", "TYPE", "normal", "SKIPME", "yes");
  client.disconnect();
  const jobs = await queue.addBulk([1, 2, 3].map((n) => ({ name: "work", data: { n } })));
  await eventually(async () => (await queue.getJobCounts("completed")).completed === 3);
  assert.deepEqual((await Promise.all(jobs.map(({ id }) => queue.getJob(id)))).map((job) => job.returnvalue), [2, 4, 6]);
});
