#!/usr/bin/env node
// Draws a comparison's ratios as SVG bars: node chart.mjs results.json > ../docs/images/benchmarks.svg
import { readFileSync } from 'node:fs';
import { compared, names, works } from './table.mjs';

const results = JSON.parse(readFileSync(process.argv[2]));
const bars = Object.entries(results.rounds[0].shapes).flatMap(([shape, formats]) => Object.keys(formats).flatMap((format) =>
  Object.entries(works).map(([work, title]) => ({ group: `${shape}, ${names[format]}`, title, ...compared(results, shape, format, work) }))))
  .filter((bar) => Number.isFinite(bar.ratio));
const left = 250, row = 20, gap = 28, width = 860, top = 46;
const most = Math.max(1.2, ...bars.map((bar) => bar.ratio)), scale = (width - left - 190) / most;
const escape = (text) => text.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`);
const out = [];
let y = top, group;
for (const bar of bars) {
  if (bar.group !== group) {
    y += group === undefined ? 0 : gap - row / 2;
    group = bar.group;
    out.push(`<text x="8" y="${y + 14}" font-weight="600">${escape(group)}</text>`);
    y += row;
  }

  const color = bar.ratio >= 1 ? '#2f7d4f' : '#b4562d';
  out.push(`<text x="${left - 8}" y="${y + 14}" text-anchor="end">${escape(bar.title)}</text>`);
  out.push(`<rect x="${left}" y="${y + 3}" width="${(bar.ratio * scale).toFixed(1)}" height="${row - 6}" fill="${color}"/>`);
  out.push(`<text x="${(left + bar.ratio * scale + 6).toFixed(1)}" y="${y + 14}">${bar.ratio.toFixed(2)} (${bar.own.toFixed(bar.own < 10 ? 1 : 0)} / ${bar.rival.toFixed(bar.rival < 10 ? 1 : 0)})</text>`);
  y += row;
}

const height = y + 20, even = (left + scale).toFixed(1);
process.stdout.write(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="#222">
<rect width="${width}" height="${height}" fill="#fff"/>
<text x="8" y="20" font-size="14" font-weight="600">Tokens a second, furiosa-llm over llama.cpp (ours / theirs)</text>
<text x="8" y="36" fill="#666">${escape(`${results.started.slice(0, 10)}, ${results.machine}, ${results.threads} threads, medians of ${results.rounds.length} rounds`)}</text>
<line x1="${even}" y1="${top}" x2="${even}" y2="${height - 14}" stroke="#888" stroke-dasharray="3 3"/>
${out.join('\n')}
</svg>
`);
