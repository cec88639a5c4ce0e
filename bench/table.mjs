// Medians of a comparison's rounds, as Markdown. Also by itself: node table.mjs results.json
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const works = { prefill: 'prefill 512', decode: 'decode, one stream', batch16: 'decode, 16 streams', clients8: '8 clients, 128 in, 64 out' };
export const names = { bf16: 'BF16', 'bf16-plain': 'BF16, plain / BF16', 'bf16-fast': 'BF16, fast products / BF16', int8: 'INT8 / Q8_0', int4: '4-bit / Q4_0', 'int4-pure': '4-bit, head too / Q4_0 with its head in Q6_K' };

export const sorted = (values) => values.filter(Number.isFinite).sort((a, b) => a - b);
export function median(values) {
  const all = sorted(values), middle = all.length >> 1;
  return all.length === 0 ? NaN : all.length % 2 ? all[middle] : (all[middle - 1] + all[middle]) / 2;
}

// The medians of one shape and format: both programs, and their ratio.
export function compared(results, shape, format, work) {
  const of = (side) => results.rounds.map((round) => round.shapes[shape]?.[format]?.[side]?.[work]);
  const own = median(of('own')), rival = median(of('rival'));
  return { own, rival, ratio: own / rival, range: [sorted(of('own')), sorted(of('rival'))] };
}

const number = (value) => (!Number.isFinite(value) ? '-' : value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));
const spread = (values) => (values.length > 1 ? ` (${number(values[0])}-${number(values.at(-1))})` : '');

export function table(results) {
  // A run that was cut short has fewer figures in its last round.
  const first = results.rounds[0], lines = [];
  lines.push(`${results.started.slice(0, 10)}, ${results.machine}, ${results.threads} threads, ${results.rounds.length} rounds, llama.cpp of node-llama-cpp ${results.rival}; load average before the rounds ${results.rounds.map((r) => r.load_average.toFixed(1)).join(', ')}.`, '');
  const shapes = Object.keys(first.shapes);
  if (shapes.length > 0) lines.push('| shape, format | work | ours, tokens/s | llama.cpp | by its | ratio |', '|---|---|---|---|---|---|');
  for (const shape of shapes) {
    for (const format of Object.keys(first.shapes[shape])) {
      for (const [work, title] of Object.entries(works)) {
        const { own, rival, ratio, range } = compared(results, shape, format, work);
        lines.push(`| ${shape}, ${names[format]} | ${title} | ${number(own)}${spread(range[0])} | ${number(rival)}${spread(range[1])} | ${results.by?.[work] ?? (work === 'clients8' && results.server ? 'llama-server' : 'loop of the package')} | ${number(ratio)} |`);
      }
    }
  }

  if (shapes.length > 0) lines.push('', ...details(results, shapes));
  if (first.self) lines.push('', ...self(results));
  return lines.join('\n') + '\n';
}

function details(results, shapes) {
  const lines = ['| shape, format | load, s | llama.cpp | memory / weights, MB (of weights and KV in use) | first token of 128 / prefill | of the plain read | prefill: products, attention, other |', '|---|---|---|---|---|---|---|'];
  for (const shape of shapes) {
    for (const format of Object.keys(results.rounds[0].shapes[shape])) {
      const all = (side, value) => median(results.rounds.map((r) => r.shapes[shape]?.[format]?.[side]).filter(Boolean).map(value));
      const share = (kind) => `${number(100 * all('own', (o) => o.shares.prefill[kind]))} %`;
      lines.push(`| ${shape}, ${names[format]} | ${number(all('own', (o) => o.load))} | ${number(all('rival', (o) => o.load))} | ${number(all('own', (o) => o.memory))} / ${number(all('own', (o) => o.weights / 2 ** 20))} (${number(all('own', (o) => o.memory * 2 ** 20 / (o.weights + o.kv)))}) | ${number(all('own', (o) => o.first * o.prefill128 / 128000))} | ${number(all('own', (o) => o.ofRead))} | ${share('products')}, ${share('attention')}, ${share('other')} |`);
    }
  }

  return lines;
}

function self(results) {
  const of = (value) => median(results.rounds.filter((r) => r.self).map((r) => value(r.self)));
  const tps = Object.keys(results.rounds[0].self.tp), best = Math.max(...tps.map((tp) => of((s) => s.tp[tp].decode[0])));
  const one = of((s) => s.http.one.tokens), many = of((s) => s.http.many.tokens);
  const allowed = of((s) => s.engine.ceilings.read_gigabytes * 1e9 / s.engine.weights);
  return [
    '| bundled model | tokens/s | beside |', '|---|---|---|',
    `| one stream over HTTP | ${number(one)} | ${number(one / allowed)} of what a plain read allows, ${number(one / of((s) => s.engine.decode[0]))} of the engine alone |`,
    `| 64 streams over HTTP | ${number(many)} | ${number(many / one)} of one stream, ${number(many / of((s) => s.engine.decode[1]))} of the engine alone |`,
    ...tps.map((tp) => `| tp ${tp}, engine: one stream; 16; prefill | ${number(of((s) => s.tp[tp].decode[0]))}; ${number(of((s) => s.tp[tp].decode[1]))}; ${number(of((s) => s.tp[tp].prefill))} | ${number(of((s) => s.tp[tp].decode[0]) / best)} of the best tp |`),
    ...['1', '2'].map((pp) => `| pp ${pp}, 4 streams over HTTP | ${number(of((s) => s.pp[pp].tokens))} | ${number(of((s) => s.pp[pp].tokens) / of((s) => s.pp['1'].tokens))} of pp 1 |`),
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(table(JSON.parse(readFileSync(process.argv[2]))));
