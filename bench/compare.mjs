#!/usr/bin/env node
// Compares furiosa-llm with llama.cpp on this machine, run after run in turn (formats with the same rival share its runs of a round), and measures what furiosa-llm promises of itself.
//
//   cd bench && npm install --ignore-scripts --omit=optional --no-package-lock && node compare.mjs --work /tmp/bench --rounds 5 --shapes 160m,1b --out results.json
//
// --formats bf16,int8,int4, bf16-plain, bf16-fast or int4-pure (of one shape: --shapes 160m,1b:int8+int4)   --threads N (cores)   --only rival,own,self (which parts)
// --program ../furiosa-llm   --port 18080   --minutes N (begin nothing after so long)
// --llama-bench PATH (llama.cpp's own program for the prompt and one stream), --llama-batched-bench PATH (16 streams), --llama-server PATH (its own
// server for the eight clients, who else are eight sequences in a loop without HTTP): without them the package's loop in JavaScript gives these figures
// Files of random weights are written to --work once (1b: 4.6 GB). Every finished measurement is kept in --out, so that a long run can be
// cut short; chart.mjs draws it. Nothing else should run meanwhile.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { shapes, writeGguf } from './gguf.mjs';
import { engine, kvBytes, load, run, serve } from './own.mjs';
import { batchedBench, llamaBench } from './programs.mjs';
import { table } from './table.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const { values: options } = parseArgs({
  options: {
    work: { type: 'string', default: '/tmp/furiosa-bench' }, rounds: { type: 'string', default: '5' }, shapes: { type: 'string', default: '160m,1b' },
    formats: { type: 'string', default: 'bf16,int8,int4' }, threads: { type: 'string', default: String(availableParallelism()) },
    only: { type: 'string', default: 'rival,own,self' }, program: { type: 'string', default: join(here, '..', 'furiosa-llm') },
    port: { type: 'string', default: '18080' }, out: { type: 'string', default: 'results.json' }, minutes: { type: 'string', default: 'Infinity' },
    'llama-bench': { type: 'string' }, 'llama-batched-bench': { type: 'string' }, 'llama-server': { type: 'string' },
  },
});
const list = (name) => options[name].split(',');
const parts = new Set(list('only')), threads = Number(options.threads), port = Number(options.port), program = options.program;
const rivals = { bf16: 'bf16', 'bf16-plain': 'bf16', 'bf16-fast': 'bf16', int8: 'q8_0', int4: 'q4_0', 'int4-pure': 'q4_0' };
const settings = {
  bf16: [], 'bf16-plain': ['--bf16-weights', 'plain'], 'bf16-fast': ['--bf16-products', 'fast'], int8: ['--quantization', 'int8'], int4: ['--quantization', 'int4'], 'int4-pure': ['--quantization', 'int4-pure'],
};

// Random weights repeat themselves without end, as no text does: guessing it would say nothing of the speed of a step.
const noGuesses = ['--prompt-lookup-num-tokens', '0'];

const plan = list('shapes').map((word) => { const [shape, formats] = word.split(':'); return { shape, formats: formats?.split('+') ?? list('formats') }; });
for (const { shape, formats } of plan) {
  if (!shapes[shape]) throw new Error(`--shapes: ${shape} is not one of ${Object.keys(shapes).join(', ')}`);
  for (const format of formats) if (!rivals[format]) throw new Error(`--formats: ${format} is not one of ${Object.keys(rivals).join(', ')}`);
}

mkdirSync(options.work, { recursive: true });

// Which program gives which of llama.cpp's figures.
const loop = 'loop of the package';
const by = {
  prefill: options['llama-bench'] ? 'llama-bench' : loop, decode: options['llama-bench'] ? 'llama-bench' : loop,
  batch16: options['llama-batched-bench'] ? 'llama-batched-bench' : loop, clients8: options['llama-server'] ? 'llama-server' : loop, load: loop,
};
const results = {
  started: new Date().toISOString(), machine: cpus()[0].model.trim(), threads, rival: JSON.parse(readFileSync(join(here, 'package.json'))).dependencies['node-llama-cpp'],
  by, rounds: [],
};

function model(shape, type) {
  const path = join(options.work, `${shape}-${type}.gguf`);
  if (!existsSync(path)) {
    process.stderr.write(`writing ${path}\n`);
    writeGguf(`${path}.part`, shape, type);
    renameSync(`${path}.part`, path);
  }

  return path;
}

async function rival(shape, format) {
  const path = model(shape, rivals[format]);
  const looped = ['prefill', 'decode', 'batch16', 'clients8'].some((work) => by[work] === loop);
  const { out, memory } = await run('node', [join(here, 'rival.mjs'), path, String(threads), ...(looped ? [] : ['load'])]);
  const figures = { ...JSON.parse(out.trim().split('\n').at(-1)), memory };
  if (looped) figures.inLoop = { ...figures };
  if (options['llama-bench']) Object.assign(figures, await llamaBench(options['llama-bench'], path, threads));
  if (options['llama-batched-bench']) Object.assign(figures, await batchedBench(options['llama-batched-bench'], path, threads));
  if (options['llama-server']) Object.assign(figures, await rivalServer(path));
  return figures;
}

async function rivalServer(path) {
  const command = ['-m', path, '-t', threads, '-tb', threads, '-np', 8, '-c', 8 * 256].map(String);
  const { first, clients8, ready } = await serve(options['llama-server'], command, port, eightClients);
  return { first, clients8, ready };
}

// A warm server's first token of 128, and eight clients.
async function eightClients(url) {
  await load(url, { clients: 1, requests: 1, prompt: 128, tokens: 4 });
  const first = (await load(url, { clients: 1, requests: 3, prompt: 128, tokens: 2, base: 900 })).first;
  return { first, clients8: (await load(url, { clients: 8, requests: 8, prompt: 128, tokens: 64, base: 2000 })).tokens };
}

async function own(shape, format) {
  const path = model(shape, 'bf16'), how = settings[format];
  const long = await engine(program, path, { how, prompt: 512, tokens: 24, threads });
  const wide = await engine(program, path, { how, prompt: 128, tokens: 32, batches: [16], threads });
  const http = await serve(program, ['serve', path, ...noGuesses, ...how], port, async (url) => ({ ...await eightClients(url), kv: await kvBytes(url) }));
  return {
    load: long.load, prefill: long.prefill, decode: long.decode[0], batch16: wide.decode[0], clients8: http.clients8, first: http.first,
    prefill128: wide.prefill, memory: http.memory, // of the server: the benchmark holds half a gigabyte to read
    kv: http.kv, weights: long.weights, ofRead: long.ofRead[0], shares: long.shares, ceilings: long.ceilings,
    instructions: long.instructions,
  };
}

// The bundled model: streams over HTTP beside the engine alone, and splits beside one another.
async function self() {
  const bundled = join(here, '..', 'models', 'furiosa-demo'), result = { tp: {}, pp: {} };
  for (const tp of [1, 2, 4, 8]) result.tp[tp] = await engine(program, bundled, { prompt: 256, tokens: 128, batches: [1, 16], tp, threads });
  for (const pp of [1, 2]) {
    result.pp[pp] = await serve(program, ['serve', bundled, ...noGuesses, '-pp', String(pp)], port, async (url) => {
      await load(url, { clients: 4, requests: 8, prompt: 64, tokens: 64 });
      return load(url, { clients: 4, requests: 16, prompt: 64, tokens: 128 });
    });
  }

  result.engine = await engine(program, bundled, { prompt: 64, tokens: 128, batches: [1, 64], threads });
  result.http = await serve(program, ['serve', bundled, ...noGuesses], port, async (url) => {
    await load(url, { clients: 64, requests: 64, prompt: 64, tokens: 64 });
    await load(url, { clients: 1, requests: 2, prompt: 64, tokens: 64 });
    const one = await load(url, { clients: 1, requests: 4, prompt: 64, tokens: 256 });
    return { one, many: await load(url, { clients: 64, requests: 128, prompt: 64, tokens: 128 }) };
  });
  return result;
}

const began = performance.now();
const minutes = () => (performance.now() - began) / 60000;

// Measures one thing, unless the time is over, and keeps what there is.
async function measure(target, key, work) {
  if (minutes() > Number(options.minutes)) return;
  const start = minutes();
  target[key] = await work();
  process.stderr.write(`  ${key}: ${((minutes() - start) * 60).toFixed(0)} s, ${minutes().toFixed(1)} min in all\n`);
  writeFileSync(options.out, JSON.stringify(results, null, 1));
}

for (let round = 1; round <= Number(options.rounds) && minutes() <= Number(options.minutes); round++) {
  const figures = { load_average: loadavg()[0], shapes: {} };
  results.rounds.push(figures);
  process.stderr.write(`round ${round} of ${options.rounds}, ${new Date().toISOString()}\n`);
  if (parts.has('self')) await measure(figures, 'self', self);
  for (const { shape, formats } of plan) {
    const entries = figures.shapes[shape] = {};
    for (const format of formats) {
      const entry = entries[format] = {};
      // Two formats may have the same rival: it is measured once a round.
      const same = Object.keys(entries).find((other) => rivals[other] === rivals[format] && entries[other].rival);
      if (same) entry.rival = entries[same].rival;
      else if (parts.has('rival')) await measure(entry, 'rival', () => rival(shape, format));
      if (parts.has('own')) await measure(entry, 'own', () => own(shape, format));
    }
  }
}

process.stdout.write(table(results));
