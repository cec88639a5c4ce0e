// Measures furiosa-llm: the engine alone by its own benchmark, and a server by a closed-loop client of token ids.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

const memoryInterval = 100;

// Runs a command to its end; resolves to its output and the most anonymous and shared memory that it held, in MB.
export function run(command, args, { quiet = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '', errors = '';
    child.stdout.on('data', (data) => { out += data; });
    child.stderr.on('data', (data) => { errors += data; });
    const memory = watchMemory(child.pid);
    child.on('error', reject);
    child.on('close', (code) => {
      memory.stop();
      if (code === 0) resolve({ out, memory: memory.most() });
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code}: ${(errors || out).slice(-500)}`));
    });
    if (!quiet) process.stderr.write(`  ${command.split('/').at(-1)} ${args.join(' ')}\n`);
  });
}

function watchMemory(pid) {
  let most = 0;
  const timer = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const kilobytes = (key) => Number(new RegExp(`${key}:\\s+(\\d+)`).exec(status)?.[1] ?? 0);
      most = Math.max(most, (kilobytes('RssAnon') + kilobytes('RssShmem')) / 1024);
    } catch { /* it has ended */ }
  }, memoryInterval);
  return { most: () => Math.round(most), stop: () => clearInterval(timer) };
}

// One counted round of the engine; the first one only warms up.
export async function engine(program, model, { how = [], prompt = 512, tokens = 24, batches = [1], tp = 4, threads } = {}) {
  const { out, memory } = await run(program, [
    'bench', 'engine', model, ...how, '--rounds', '1', '--prompt', prompt, '--new-tokens', tokens,
    '--batches', batches.join(','), '-tp', tp, '--threads', threads, '--json'].map(String));
  const report = JSON.parse(out), figures = report.models[0];
  return {
    prefill: figures.prefill.tokens_per_second, decode: figures.decodes.map((d) => d.tokens_per_second), load: figures.load_seconds,
    shares: { prefill: figures.prefill.shares, decode: figures.decodes.map((d) => d.shares) }, gmacs: figures.prefill.gigamacs,
    ofRead: figures.decodes.map((d) => d.of_read), weights: figures.weight_bytes, memory, ceilings: report.ceilings, instructions: report.instruction_set,
  };
}

// Starts a server that knows --host and --port and tells its health, lets `work` use it, and stops it.
export async function serve(program, args, port, work) {
  process.stderr.write(`  ${program.split('/').at(-1)} ${args.join(' ')}\n`);
  const child = spawn(program, [...args, '--host', '127.0.0.1', '--port', String(port)], { stdio: 'ignore' });
  const memory = watchMemory(child.pid);
  try {
    const start = performance.now();
    for (;;) {
      if (child.exitCode !== null) throw new Error(`${program} ${args.join(' ')} ended with ${child.exitCode}`);
      if (await fetch(`http://127.0.0.1:${port}/health`).then((r) => r.ok, () => false)) break;
      await new Promise((wake) => setTimeout(wake, 50));
    }

    const ready = (performance.now() - start) / 1000;
    return { ...await work(`http://127.0.0.1:${port}`), ready, memory: memory.most() };
  } finally {
    memory.stop();
    child.kill('SIGTERM');
    if (child.exitCode === null) await new Promise((ended) => child.on('close', ended));
  }
}

// Closed loop: so many clients, each one request after another; tokens of all answers a second, and the median time to the first one.
export async function load(url, { clients, requests, prompt, tokens, base = 300 }) {
  const model = (await (await fetch(`${url}/v1/models`)).json()).data[0].id;
  let next = 0;
  const firsts = [];
  const one = async () => {
    const seed = next++;
    const body = {
      model, prompt: Array.from({ length: prompt }, (_, i) => base + (i * 37 + seed * 1009) % 5000), max_tokens: tokens, temperature: 0,
      ignore_eos: true, stream: true,
    };
    const sent = performance.now();
    const ask = () => fetch(`${url}/v1/completions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    // A server may close a kept connection at the moment at which it is used again (llama.cpp's does): another one is tried.
    const response = await ask().catch(ask);
    if (!response.ok) throw new Error(`HTTP ${response.status}: ${(await response.text()).slice(0, 300)}`);
    let first;
    for await (const _ of response.body) first ??= performance.now() - sent;
    firsts.push(first);
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: clients }, async () => { while (next < requests) await one(); }));
  const seconds = (performance.now() - start) / 1000;
  return { tokens: requests * tokens / seconds, first: firsts.sort((a, b) => a - b)[firsts.length >> 1] };
}

// Bytes of KV that hold something: what requests use and what the prefix cache keeps. The rest is planned and takes no memory yet.
export async function kvBytes(url) {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const sum = (pattern) => [...metrics.matchAll(pattern)].reduce((all, [, value]) => all + Number(value), 0);
  const blocks = sum(/^furiosa_llm_kv_blocks\{.*\} (\S+)$/gm), free = sum(/^furiosa_llm_kv_blocks\{.*state="free".*\} (\S+)$/gm);
  return sum(/^furiosa_llm_kv_cache_total_bytes\{.*\} (\S+)$/gm) * (1 - free / blocks);
}
