import { Bar, Fact, State } from '../bits';
import { percent, whole } from '../format';
import type { Replica } from '../types';
import { StageTime } from './stage-time';

/** KV cache, prefix cache and stages of each replica. */
export function Replicas({ replicas }: { replicas: Replica[] }) {
  return (
    <section aria-labelledby="replicas">
      <h2 id="replicas">Replicas</h2>
      <div class="replicas">
        {replicas.map((replica) => <ReplicaCard key={replica.index} replica={replica} />)}
      </div>
    </section>
  );
}

function ReplicaCard({ replica }: { replica: Replica }) {
  const { kv, prefix_cache: prefix, stages = [] } = replica;
  return (
    <article class="card replica" aria-label={`Replica ${replica.index}`}>
      <header>
        <h3>Replica {replica.index}</h3>
        <State of={replica.state} />
        <small>{replica.running ?? 0} running, {replica.waiting ?? 0} waiting</small>
      </header>
      {replica.reason && <p class="notice warn">{replica.reason}</p>}
      {kv && (
        <div>
          <p class="meter"><span>KV blocks</span> <b>{whole(kv.used)}</b> used · {whole(kv.cached)} cached · {whole(kv.free)} free</p>
          <Bar
            label={`KV blocks: ${kv.used} used, ${kv.cached} cached, ${kv.free} free of ${kv.blocks}`}
            parts={[{ kind: 'used', share: kv.used / kv.blocks }, { kind: 'cached', share: kv.cached / kv.blocks }]}
          />
        </div>
      )}
      {prefix && (
        <div>
          <p class="meter"><span>Prefix cache</span> <b>{percent(prefix.hit_rate)}</b> of {whole(prefix.queries)} tokens found</p>
          <Bar label={`Prefix cache: ${percent(prefix.hit_rate)} found`} parts={[{ kind: 'hits', share: prefix.hit_rate }]} />
        </div>
      )}
      <dl class="facts">
        <Fact name="steps">{whole(replica.steps ?? 0)}</Fact>
        {replica.guesses && <Fact name="tokens guessed right">{whole(replica.guesses.accepted)} of {whole(replica.guesses.tokens)}</Fact>}
        <Fact name="preemptions">{whole(replica.preemptions ?? 0)}</Fact>
        <Fact name="recoveries">{whole(replica.recoveries ?? 0)}</Fact>
      </dl>
      {stages.length > 0 && <ol class="chain" aria-label="Stages">
        {stages.map((stage) => (
          <li key={stage.index}>
            <b>Stage {stage.index}</b> <small>layers {stage.first_layer}–{stage.first_layer + stage.layers - 1} on {stage.pes.length} PE{stage.pes.length === 1 ? '' : 's'}</small>
            <StageTime stage={stage} />
          </li>
        ))}
      </ol>}
    </article>
  );
}
