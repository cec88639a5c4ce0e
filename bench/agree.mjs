#!/usr/bin/env node
// Asks llama.cpp and furiosa-llm for the log-probability of every token of the same ids with the same GGUF file.
//
//   node agree.mjs [--tokens 118] [--cache f32|f16] [--program ../furiosa-llm] [--port 18081] FILE.gguf ...
//
// For each file: both perplexities, how far they are apart, and the largest difference of one token's log-probability. --cache is
// llama.cpp's KV cache; its flash attention, which rounds queries to 16 bits, is off.
import { parseArgs } from 'node:util';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getLlama } from 'node-llama-cpp';
import { ownLogs, perplexity, rivalLogs } from './logs.mjs';
import { serve } from './own.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const { values: options, positionals: files } = parseArgs({
  allowPositionals: true,
  options: {
    tokens: { type: 'string', default: '118' }, cache: { type: 'string', default: 'f32' }, port: { type: 'string', default: '18081' },
    program: { type: 'string', default: join(here, '..', 'furiosa-llm') },
  },
});
const llama = await getLlama({ gpu: false, build: 'never', logLevel: 'error' });

// Any fixed ids that the vocabulary has; the first three are special in many.
function idsFor(vocabulary, count) {
  let x = 12345;
  return Array.from({ length: count }, () => { x = Math.imul(x, 1103515245) + 12345 >>> 0; return 3 + (x >>> 8) % (vocabulary - 3); });
}

for (const file of files) {
  const name = file.split('/').at(-1);
  try {
    const model = await llama.loadModel({ modelPath: file });
    const ids = idsFor(model.fileInfo.metadata.tokenizer.ggml.tokens.length, Number(options.tokens));
    const theirs = await rivalLogs(model, ids, { cache: options.cache.toUpperCase() });
    await model.dispose();
    const ours = await serve(options.program, ['serve', file], Number(options.port), async (url) => ({ logs: await ownLogs(url, ids) }));
    const [a, b] = [perplexity(theirs), perplexity(ours.logs)];
    const most = Math.max(...theirs.map((value, i) => Math.abs(value - ours.logs[i])));
    console.log(`${name.padEnd(34)} llama.cpp ${a.toFixed(4)}  furiosa ${b.toFixed(4)}  apart ${(100 * Math.abs(a - b) / a).toFixed(4)} %  worst token ${most.toExponential(1)}`);
  } catch (error) {
    console.log(`${name.padEnd(34)} ${error.message.split('\n')[0]}`);
  }
}

process.exit(0);
