import { Bar } from '../bits';
import { percent } from '../format';
import type { Stage } from '../types';

const kinds = ['products', 'attention', 'collectives', 'sampling', 'other', 'waiting'];

/** How a stage spends the time of its steps. */
export function StageTime({ stage }: { stage: Stage }) {
  const sum = kinds.reduce((total, kind) => total + (stage.seconds[kind] ?? 0), 0);
  if (sum === 0) return null;
  const shares = kinds.map((kind) => ({ kind, share: (stage.seconds[kind] ?? 0) / sum }));
  return (
    <div class="stage-time">
      <p><small>Time of a step</small></p>
      <Bar label={shares.map(({ kind, share }) => `${kind} ${percent(share)}`).join(', ')} parts={shares} />
      <ul class="keys">
        {shares.map(({ kind, share }) => (
          <li key={kind}><i class={kind} aria-hidden="true" />{kind} <b>{percent(share)}</b></li>
        ))}
      </ul>
    </div>
  );
}
