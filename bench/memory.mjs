#!/usr/bin/env node
// Measures the memory of servers whose KV cache is small and full, beside their weights and keys and values.
//
//   node memory.mjs bundled:128 bundled:128:int8 /tmp/bench/160m-bf16.gguf:256 /tmp/bench/160m-bf16.gguf:256:int8
//
// Each argument is a model, the MiB of its KV cache and a --quantization. --program ../furiosa-llm   --port 18080
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { engine, kvBytes, load, serve } from './own.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const { values: options, positionals } = parseArgs({
  allowPositionals: true, options: { program: { type: 'string', default: join(here, '..', 'furiosa-llm') }, port: { type: 'string', default: '18080' } },
});
const mib = (bytes) => bytes / 2 ** 20;
const full = 0.98, requests = 16;

// Eight clients with new prompts, until all but a few blocks hold something.
async function fill(url, most) {
  let kv = 0;
  for (let round = 0; kv < full * most; round++) {
    await load(url, { clients: 8, requests, prompt: 128, tokens: 64, base: 300 + 17 * round });
    kv = Math.max(kv, await kvBytes(url));
  }

  return { kv };
}

const folder = mkdtempSync(join(tmpdir(), 'furiosa-memory-'));
process.stdout.write('| model | weights | KV | peak, MiB | beside both | more than both, MiB |\n|---|---|---|---|---|---|\n');
try {
  for (const argument of positionals) {
    const [name, cache, quantization = 'none'] = argument.split(':');
    const model = name === 'bundled' ? join(here, '..', 'models', 'furiosa-demo') : name;
    const config = join(folder, 'memory.conf');
    writeFileSync(config, `furiosa.kv-cache.memory = ${cache} MiB\n`);
    const { weights } = await engine(options.program, model, { how: ['--quantization', quantization], prompt: 16, tokens: 1, threads: availableParallelism() });
    const { kv, memory } = await serve(
      options.program, ['serve', model, '--quantization', quantization, '--config', config], Number(options.port), (url) => fill(url, Number(cache) * 2 ** 20));
    const both = mib(weights + kv);
    process.stdout.write(`| ${name.split('/').at(-1)}, ${quantization} | ${mib(weights).toFixed(1)} | ${mib(kv).toFixed(0)} | ${memory} | ${(memory / both).toFixed(2)} | ${(memory - both).toFixed(0)} |\n`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
