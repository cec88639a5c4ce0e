// Measures llama.cpp by its own C++ programs: the same work as rival.mjs, without a loop in JavaScript. Flash attention is on or off, whichever is
// faster for that file and work: the first measurement tries both.
import { run } from './own.mjs';

const faster = new Map();

async function best(key, measure) {
  if (faster.has(key)) return measure(faster.get(key));
  const on = await measure('on'), off = await measure('off');
  faster.set(key, on >= off ? 'on' : 'off');
  return Math.max(on, off);
}

// Tokens a second of a prompt of 512, and of 24 more after it.
export async function llamaBench(program, path, threads) {
  const measure = (args) => best(`${path} ${args}`, async (flash) => {
    const { out } = await run(program, ['-m', path, '-t', String(threads), ...args, '-r', '1', '-fa', flash, '-o', 'json']);
    return JSON.parse(out)[0].avg_ts;
  });
  return { prefill: await measure(['-p', '512', '-n', '0']), decode: await measure(['-p', '0', '-n', '24', '-d', '512']) };
}

// Tokens a second of 16 streams together, 32 each after 128 of prompt.
export async function batchedBench(program, path, threads) {
  const args = ['-m', path, '-t', threads, '-tb', threads, '-npp', 128, '-ntg', 32, '-npl', 16, '-c', 16 * 256, '--output-format', 'jsonl'].map(String);
  return {
    batch16: await best(`${path} streams`, async (flash) => {
      const { out } = await run(program, [...args, '-fa', flash]);
      return JSON.parse(out.split('\n').find((line) => line.startsWith('{'))).speed_tg;
    }),
  };
}
