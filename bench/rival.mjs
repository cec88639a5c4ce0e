// Measures llama.cpp once, as node-llama-cpp ships it, and prints one line of JSON. Usage: rival.mjs FILE.gguf THREADS [load]
// With `load` it only opens the file, for the rest is measured by llama.cpp's own programs.
import { getLlama } from 'node-llama-cpp';

const [, , path, threads, only] = process.argv;
const llama = await getLlama({ gpu: false, build: 'never', maxThreads: Number(threads), logLevel: 'error' });
const seconds = async (work) => { const start = performance.now(); await work(); return (performance.now() - start) / 1000; };
const prompt = (length, seed) => Array.from({ length }, (_, i) => 300 + (i * 37 + seed * 1009) % 100000);
let model;
const load = await seconds(async () => { model = await llama.loadModel({ modelPath: path }); });

async function draw(sequence, first, count) {
  let drawn = 0;
  for await (const _ of sequence.evaluate([first], { temperature: 0 })) if (++drawn === count) break;
}

async function withSequences(count, size, work) {
  const context = await model.createContext({ sequences: count, contextSize: size, batchSize: 512, threads: Number(threads) });
  const result = await work(Array.from({ length: count }, () => context.getSequence()));
  await context.dispose();
  return result;
}

const result = { load };
if (only === 'load') {
  console.log(JSON.stringify(result));
  process.exit(0);
}

await withSequences(1, 1024, async ([one]) => {
  await one.evaluateWithoutGeneratingNewTokens(prompt(512, 0)); // the first use of everything
  await one.clearHistory();
  result.prefill = 512 / await seconds(() => one.evaluateWithoutGeneratingNewTokens(prompt(512, 1)));
  await draw(one, 5, 4);
  result.decode = 24 / await seconds(() => draw(one, 5, 24));
});
await withSequences(16, 256, async (all) => {
  await Promise.all(all.map((s, i) => s.evaluateWithoutGeneratingNewTokens(prompt(128, i))));
  result.batch16 = 16 * 32 / await seconds(() => Promise.all(all.map((s) => draw(s, 5, 32))));
});
await withSequences(8, 256, async (all) => {
  result.clients8 = 8 * 64 / await seconds(() => Promise.all(all.map(async (s, i) => {
    await s.evaluateWithoutGeneratingNewTokens(prompt(128, i));
    await draw(s, 5, 64);
  })));
});
console.log(JSON.stringify(result));
process.exit(0);
