import { Chart } from '../chart';
import { Fact, State } from '../bits';
import { bytes, millis, percent, short, since, whole } from '../format';
import { asksGateways, picture, points } from '../live';
import type { ModelInfo, Picture, Startup } from '../types';
import { ClusterPicture } from './cluster';
import { Replicas } from './replicas';

export function Overview() {
  const now = picture.value;
  if (!now) return <><h1 class="sr">Cluster</h1><p class="empty">Asking the server …</p></>;
  return (
    <>
      <Heading now={now} />
      {now.server.state === 'loading' && <Loading startup={now.startup} />}
      {now.nodes && <ClusterPicture nodes={now.nodes} replicas={now.replicas ?? []} placement={now.placement ?? []} />}
      {asksGateways.value && <p class="sub">This node computes for clients of other nodes: rates, latencies and requests are at the gateways.</p>}
      {now.model?.name && <section aria-labelledby="rates">
        <h2 id="rates">Rates and latencies</h2>
        <div class="charts">
          <Chart title="Tokens per second" show={short} series={[{ label: 'generated', read: (p) => p.generated_tokens_per_second }, { label: 'prompt', read: (p) => p.prompt_tokens_per_second }]} />
          <Chart title="Time to first token" show={millis} series={[{ label: 'p50', read: (p) => p.first_token_ms?.p50 ?? null }, { label: 'p99', read: (p) => p.first_token_ms?.p99 ?? null }]} />
          <Chart title="Between tokens" show={millis} series={[{ label: 'p50', read: (p) => p.inter_token_ms?.p50 ?? null }, { label: 'p99', read: (p) => p.inter_token_ms?.p99 ?? null }]} />
          <Chart title="Requests" show={short} series={[{ label: 'running', read: (p) => p.running }, { label: 'waiting', read: (p) => p.waiting }]} />
          <Chart title="Requests ended per second" show={short} series={[{ label: 'ended', read: (p) => p.requests_per_second }]} />
          <Chart title="KV cache in use" show={percent} top={1} series={[{ label: 'used', read: (p) => p.kv_usage }]} />
        </div>
      </section>}
      {now.replicas && <Replicas replicas={now.replicas} />}
    </>
  );
}

function Heading({ now }: { now: Picture }) {
  const { server, model } = now;
  // A node that only answers clients leaves the work, and what it takes, to others.
  const computes = model !== undefined && model.compute_threads > 0;
  return (
    <section class="heading" aria-label="Server">
      <div>
        <h1 title={model?.name ?? undefined}>{model ? shortName(model.name ?? model.architecture) : 'Loading the model'}</h1>
        <p class="sub">
          {model && <>{model.architecture} · </>}
          {computes && <>{model.tensor_parallel_size > 0 && `${layout(model)} · `}{model.instruction_set}, {model.compute_threads} threads · </>}
          Furiosa {server.version} · up {since(server.started_at, server.now)}
        </p>
      </div>
      <dl class="facts">
        {model?.name && <Fact name="tokens/s">{short(points.value.at(-1)?.generated_tokens_per_second ?? 0)}</Fact>}
        <Fact name="running">{whole(server.running)}</Fact>
        <Fact name="waiting">{whole(server.waiting)}</Fact>
        <Fact name="resumed">{whole(server.resumes)}</Fact>
        {computes && model.weight_bytes > 0 && <Fact name="weights">{bytes(model.weight_bytes)}</Fact>}
        {computes && model.kv_bytes > 0 && <Fact name="KV cache">{bytes(model.kv_bytes)}</Fact>}
      </dl>
    </section>
  );
}

function Loading({ startup }: { startup: Startup }) {
  return (
    <section class="card loading" aria-label="Start">
      <ol>
        {startup.phases.map((phase) => (
          <li key={phase.name}>
            <State of={phase.state} word={phase.name} />
            <div>
              {phase.state === 'running' && <progress aria-label={phase.name} value={phase.fraction} max={1} />}
              <small>{phase.message}</small>
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}

const layout = (model: ModelInfo) => `TP ${model.tensor_parallel_size} × PP ${model.pipeline_parallel_size} × DP ${model.data_parallel_size}`;

const shortName = (name: string) => name.split('/').filter(Boolean).slice(name.startsWith('/') ? -1 : 0).join('/');
