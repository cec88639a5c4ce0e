#!/usr/bin/env node
// What quantising costs both programs on the same weights: the perplexity of the bundled model over every fourth held-out document, each from its first
// token on, of the same ids.
//
//   node perplexity.mjs --llama DIR [--work DIR] [--program ../furiosa-llm] [--port 18082] [--stride 4]
//
// The model is written as GGUF in BF16 and quantised by llama.cpp's own program. DIR is llama.cpp's repository with its build in build/bin
// (llama-quantize and the libraries); perplexity.cpp is compiled against it, since the package's loop in JavaScript takes 0.2 s for the logits of one token.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { convertGguf } from './gguf.mjs';
import { ownLogs, perplexity, post } from './logs.mjs';
import { serve } from './own.mjs';

const here = dirname(fileURLToPath(import.meta.url)), bundled = join(here, '..', 'models', 'furiosa-demo');
const { values: options } = parseArgs({
  options: {
    llama: { type: 'string' }, work: { type: 'string', default: '/tmp/furiosa-bench' }, program: { type: 'string', default: join(here, '..', 'furiosa-llm') },
    port: { type: 'string', default: '18082' }, stride: { type: 'string', default: '4' },
  },
});
const texts = readFileSync(join(bundled, 'heldout.jsonl'), 'utf8').trim().split('\n').filter((_, i) => i % Number(options.stride) === 0).map((line) => JSON.parse(line).text);
const round = (value) => value.toFixed(4);

let documents;
async function own(...settings) {
  const { logs } = await serve(options.program, ['serve', bundled, ...settings], Number(options.port), async (url) => {
    documents ??= await Promise.all(texts.map(async (prompt) => (await post(`${url}/tokenize`, { prompt, add_special_tokens: false })).tokens));
    const all = [];
    for (const ids of documents) all.push(...await ownLogs(url, ids));
    return { logs: all };
  });
  return perplexity(logs);
}

const built = join(options.llama, 'build', 'bin'), asking = join(options.work, 'perplexity');
function rival(type, cache = 'f32', flash = 'off') {
  const input = documents.map((ids) => ids.join(' ')).join('\n');
  const out = execFileSync(asking, [file(type), cache, flash], { input, stdio: 'pipe', maxBuffer: 1 << 28 }).toString();
  return perplexity(out.trim().split(/\s+/).map(Number));
}

mkdirSync(options.work, { recursive: true });
const file = (type) => join(options.work, `furiosa-demo-${type}.gguf`);
convertGguf(file('BF16'), bundled);
for (const [type, ...settings] of [['Q8_0'], ['Q4_0'], ['Q4_0-pure', '--pure']]) {
  execFileSync(join(built, 'llama-quantize'), [...settings, file('BF16'), file(type), type.split('-')[0]], { stdio: 'pipe' });
}

const headers = ['include', join('ggml', 'include')].flatMap((folder) => ['-I', join(options.llama, folder)]);
execFileSync('g++', ['-O2', ...headers, join(here, 'perplexity.cpp'), '-o', asking, '-L', built, '-lllama', '-lggml', '-lggml-base', `-Wl,-rpath,${built}`]);

const ours = {
  BF16: await own(), INT8: await own('--quantization', 'int8'), '4-bit': await own('--quantization', 'int4'), '4-bit, head too': await own('--quantization', 'int4-pure'),
  'BF16 KV': await own('--kv-cache-dtype', 'bfloat16'), 'INT8 KV': await own('--kv-cache-dtype', 'int8'),
};
const theirs = {
  'BF16, F32 KV': rival('BF16'), 'Q8_0, F32 KV': rival('Q8_0'), 'Q4_0 with the head in Q8_0, F32 KV': rival('Q4_0'), 'Q4_0 throughout, F32 KV': rival('Q4_0-pure'),
  'BF16, F16 KV': rival('BF16', 'f16'), 'BF16, BF16 KV': rival('BF16', 'bf16'), 'BF16, Q8_0 KV, flash attention': rival('BF16', 'q8_0', 'on'),
};
console.log(`${documents.length} documents, ${documents.reduce((sum, ids) => sum + ids.length - 1, 0)} tokens\n`);
console.log('| ours | perplexity | of BF16 | llama.cpp | perplexity | of its BF16 | ours above |\n|---|---|---|---|---|---|---|');
const pairs = [
  ['BF16', 'BF16, F32 KV'], ['INT8', 'Q8_0, F32 KV'], ['4-bit', 'Q4_0 with the head in Q8_0, F32 KV'], ['4-bit, head too', 'Q4_0 throughout, F32 KV'], ['BF16 KV', 'BF16, F16 KV'], ['BF16 KV', 'BF16, BF16 KV'],
  ['INT8 KV', 'BF16, Q8_0 KV, flash attention'],
];
const percent = (a, b) => `${(100 * (a / b - 1)).toFixed(2)} %`;
for (const [a, b] of pairs) {
  console.log(`| ${a} | ${round(ours[a])} | ${percent(ours[a], ours.BF16)} | ${b} | ${round(theirs[b])} | ${percent(theirs[b], theirs['BF16, F32 KV'])} | ${percent(ours[a], theirs[b])} |`);
}
