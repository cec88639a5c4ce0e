import { useState } from 'preact/hooks';
import { clock } from './format';
import { points } from './live';
import type { Point } from './types';

export interface Series {
  label: string;
  read: (point: Point) => number | null;
}

interface ChartProps {
  title: string;
  series: Series[];
  show: (value: number) => string;
  /** A fixed top of the scale, for shares. */
  top?: number;
}

const width = 300;
const height = 72;
const seconds = 300;

/** A small chart of the last five minutes, with the newest value in figures; pointing at it shows the values of that second. */
export function Chart({ title, series, show, top }: ChartProps) {
  const [at, setAt] = useState<number | null>(null);
  const shown = points.value;
  const end = shown.length > 0 ? Date.parse(shown[shown.length - 1].time) : 0;
  const x = (point: Point) => width - ((end - Date.parse(point.time)) / 1000 / seconds) * width;
  const values = series.map((one) => shown.map(one.read));
  const most = top ?? niceTop(Math.max(0, ...values.flat().map((value) => value ?? 0)));
  const y = (value: number) => height - 2 - (Math.min(value, most) / most) * (height - 8);
  const point = shown[at ?? shown.length - 1];
  const figures = series.map((one) => ({ label: one.label, value: point ? one.read(point) : null }));
  const figure = (value: number | null) => (value === null ? '–' : show(value));

  const move = (event: MouseEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    const wanted = ((event.clientX - box.left) / box.width) * width;
    let nearest = -1;
    shown.forEach((one, index) => {
      if (nearest < 0 || Math.abs(x(one) - wanted) < Math.abs(x(shown[nearest]) - wanted)) nearest = index;
    });
    setAt(nearest < 0 ? null : nearest);
  };

  return (
    <section class="card chart" aria-label={title}>
      <h3>{title}</h3>
      <p class="figures">
        {figures.map(({ label, value }, index) => (
          <span key={label}>
            {series.length > 1 && <i class={`key k${index}`} aria-hidden="true" />}
            <b>{figure(value)}</b> {series.length > 1 && <small>{label}</small>}
          </span>
        ))}
      </p>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true" onMouseMove={move} onMouseLeave={() => setAt(null)}>
        <line class="grid" x1="0" x2={width} y1={height - 2} y2={height - 2} />
        <line class="grid faint" x1="0" x2={width} y1={y(most / 2)} y2={y(most / 2)} />
        {values.map((line, index) => {
          const paths = strokes(line.map((value, i) => (value === null ? null : ([x(shown[i]), y(value)] as const))));
          return (
            <g key={index} class={`s${index}`}>
              {index === 0 && paths.map((path) => <path class="area" d={`${path.d}L${path.last},${height - 2}L${path.first},${height - 2}Z`} />)}
              {paths.map((path) => <path class="line" d={path.d} />)}
            </g>
          );
        })}
        {at !== null && point && <line class="cross" x1={x(point)} x2={x(point)} y1="0" y2={height} />}
      </svg>
      <p class="scale" aria-hidden="true">
        <span>{at !== null && point ? clock(point.time) : '5 min ago'}</span>
        <span>max {show(most)}</span>
      </p>
    </section>
  );
}

/** Paths through what is there, interrupted where there is nothing. */
function strokes(line: (readonly [number, number] | null)[]) {
  const paths: { d: string; first: number; last: number }[] = [];
  let open = false;
  for (const spot of line) {
    if (!spot) {
      open = false;
      continue;
    }
    const step = `${spot[0].toFixed(1)},${spot[1].toFixed(1)}`;
    if (open) {
      const path = paths[paths.length - 1];
      path.d += `L${step}`;
      path.last = spot[0];
    } else {
      paths.push({ d: `M${step}`, first: spot[0], last: spot[0] });
      open = true;
    }
  }
  return paths;
}

function niceTop(most: number): number {
  if (most <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 2.5, 5, 10].map((step) => step * power).find((step) => step >= most)!;
}
