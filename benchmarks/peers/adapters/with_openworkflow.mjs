// openworkflow with its PostgreSQL backend: many runs at once in each worker, and a pool to go with them.
// The task comes as JSON in the last argument, figures go out as JSON in the last line (see dialogue.py).
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const FOLDER = process.env.BENCHMARKS_PEER;
const load = (file) => import(pathToFileURL(join(FOLDER, "node_modules", file)).href);
const { OpenWorkflow } = await load("openworkflow/dist/index.js");
const { BackendPostgres } = await load("openworkflow/dist/postgres.js");
const postgres = createRequire(join(FOLDER, "package.json"))("postgres");

const task = JSON.parse(process.argv.at(-1));
const settings = { concurrency: 100, pool: 10, ...task.settings };
// postgres.js takes a socket's folder from the environment only, and the size of a pool from its options only.
const [, user, , database, query] = /^\w+:\/\/(?:([^@/]*)@)?([^/]*)\/([^?]*)\??(.*)$/.exec(task.url);
const socket = new URLSearchParams(query);
if (socket.has("host")) Object.assign(process.env, { PGHOST: socket.get("host"), PGPORT: socket.get("port") ?? "5432", PGUSER: user });
const url = socket.has("host") ? `postgresql:///${database}` : task.url;
const LOOK_MS = 10;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const percentile = (values, share) => [...values].sort((a, b) => a - b)[Math.round(share * (values.length - 1))];

async function open() {
  await (await BackendPostgres.connect(url, { namespaceId: "bench" })).stop(); // makes the schema
  const pool = postgres(url, { max: settings.pool, transform: { column: { from: postgres.toCamel } } });
  const backend = BackendPostgres.fromPool(pool, { namespaceId: "bench" });
  const client = new OpenWorkflow({ backend });
  const result = (n) => ({ ok: true, n, value: "some small result" });
  const row = client.defineWorkflow({ name: "row" }, async ({ input, step }) => {
    const began = performance.now();
    let last = null;
    for (let n = 0; n < input.count; n++) last = await step.run({ name: `s${n}` }, () => result(n));
    return { ...last, ms: performance.now() - began };
  });
  const fan = client.defineWorkflow({ name: "fan" }, async ({ input, step }) => {
    const all = Array.from({ length: input.count }, (_, n) => step.run({ name: `s${n}` }, () => result(n)));
    return (await Promise.all(all)).length;
  });
  return { backend, client, row, fan };
}

async function work() {
  const { client } = await open();
  await client.newWorker({ concurrency: settings.concurrency }).start();
  console.log("ready");
  process.stdin.once("data", () => {
    console.log((process.resourceUsage().maxRSS * 1024) / 1e6);
    process.exit(0);
  });
}

const line = (process_) => new Promise((resolve, reject) => {
  process_.stdout.once("data", (data) => resolve(String(data).trim()));
  process_.once("exit", () => reject(new Error("a worker ended by itself")));
});

async function withWorkers(count, peaks, body) {
  const started = Array.from({ length: count }, () =>
    spawn(process.execPath, [process.argv[1], "worker", process.argv.at(-1)], { stdio: ["pipe", "pipe", "inherit"] }));
  try {
    await Promise.all(started.map(line));
    await body();
    for (const one of started) {
      const told = line(one);
      one.stdin.write("end\n");
      peaks.push(Number(await told));
    }
  } finally {
    for (const one of started) one.kill("SIGKILL");
  }
}

async function measure() {
  const { backend, row, fan } = await open();
  const look = postgres(url, { max: 1 });
  let runs = 0, steps = 0;
  const completed = async () => {
    const [{ count }] = await look`
      select count(*)::int as count from openworkflow.workflow_runs where status in ('completed', 'succeeded')`;
    return count;
  };
  const seconds = async (count) => {
    runs += count, steps += count * task.steps;
    await look`checkpoint`;
    const began = performance.now();
    await Promise.all(Array.from({ length: count }, () => row.run({ count: task.steps })));
    while ((await completed()) < runs) await sleep(LOOK_MS);
    return (performance.now() - began) / 1000;
  };
  const one = async (workflow, count) => {
    runs += 1, steps += count;
    const began = performance.now();
    const { workflowRun } = await workflow.run({ count });
    for (;;) {
      const { status, output } = await backend.getWorkflowRun({ workflowRunId: workflowRun.id });
      if (status === "completed" || status === "succeeded") return { ms: performance.now() - began, output };
      if (status === "failed" || status === "canceled") throw new Error(`a run is ${status}`);
      await sleep(1);
    }
  };
  const rates = {}, peaks = [], latencies = [], rows = [], fans = [];
  for (const count of task.workers) {
    await withWorkers(count, peaks, async () => {
      await seconds(Math.max(10, Math.floor(task.runs / 10)));
      rates[count] = [];
      for (let round = 0; round < task.rounds; round++) {
        rates[count].push((task.runs * task.steps) / (await seconds(task.runs)));
      }
    });
  }
  await withWorkers(1, [], async () => {
    await one(row, 10);
    for (let round = 0; round < task.rounds; round++) {
      const taken = [];
      for (let sample = 0; sample < task.samples; sample++) {
        taken.push((await one(row, 1)).ms);
        await sleep(150 + Math.random() * 500); // an idle system is one whose worker has begun to look less often
      }
      latencies.push(taken);
      rows.push((await one(row, task.row)).output.ms / task.row); // by its own clock: without the wait for a poll
      fans.push((await one(fan, task.width)).ms / 1000);
    }
  });
  const figures = Object.fromEntries(
    Object.entries(rates).map(([count, rounds]) => [`workers_${count}`, { unit: "steps/s", rounds }]));
  Object.assign(figures, {
    sequence: { unit: "ms a step", rounds: rows },
    parallel: { unit: "s", rounds: fans },
    p50: { unit: "ms", rounds: latencies.map((taken) => percentile(taken, 0.5)) },
    p99: { unit: "ms", rounds: latencies.map((taken) => percentile(taken, 0.99)) },
    worker_memory: { unit: "MB", rounds: peaks },
  });
  console.log(JSON.stringify({ figures, runs, steps }));
  process.exit(0);
}

await (process.argv[2] === "worker" ? work() : measure());
