import { Bar, Fact, State } from '../bits';
import { percent, whole } from '../format';
import type { Replica } from '../types';
import { StageTime } from './stage-time';

/** KV cache, states, prefix cache and stages of each replica. */
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

/** What there is of something, and what it holds. */
function Room({ name, room, all }: { name: string; room: { used: number; cached: number; free: number }; all: number }) {
  return (
    <div>
      <p class="meter"><span>{name}</span> <b>{whole(room.used)}</b> used · {whole(room.cached)} cached · {whole(room.free)} free</p>
      <Bar
        label={`${name}: ${room.used} used, ${room.cached} cached, ${room.free} free of ${all}`}
        parts={[{ kind: 'used', share: room.used / all }, { kind: 'cached', share: room.cached / all }]}
      />
    </div>
  );
}

function ReplicaCard({ replica }: { replica: Replica }) {
  const { kv, states, prefix_cache: prefix, stages = [] } = replica;
  return (
    <article class="card replica" aria-label={`Replica ${replica.index}`}>
      <header>
        <h3>Replica {replica.index}</h3>
        <State of={replica.state} />
        <small>{replica.running ?? 0} running, {replica.waiting ?? 0} waiting</small>
      </header>
      {replica.reason && <p class="notice warn">{replica.reason}</p>}
      {kv && <Room name="KV blocks" room={kv} all={kv.blocks} />}
      {states && states.slots > 0 && <Room name="States" room={states} all={states.slots} />}
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
