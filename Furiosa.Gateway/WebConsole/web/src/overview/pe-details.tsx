import { Fact, State } from '../bits';
import { bytes, percent, whole } from '../format';
import type { ClusterNode, Pe, Replica } from '../types';
import { StageTime } from './stage-time';

/** What is known of one PE, and how its stage spends its time. */
export function PeDetails({ pe, node, replica, close }: { pe: Pe; node: ClusterNode; replica?: Replica; close: () => void }) {
  const stage = replica?.stages?.find((one) => one.index === pe.stage);
  return (
    <aside class="card details" aria-label={`Details of ${pe.name}`}>
      <header>
        <h3>{pe.name}</h3>
        <State of={pe.state} />
        <button type="button" class="quiet" aria-label="Close details" onClick={close}>×</button>
      </header>
      <dl class="facts">
        <Fact name="node">{node.name}</Fact>
        <Fact name="place">{pe.replica === null ? 'works for no replica' : `replica ${pe.replica}, stage ${pe.stage}, rank ${pe.rank}`}</Fact>
        {pe.layers > 0 && (
          <>
            <Fact name="layers">{pe.first_layer}–{pe.first_layer + pe.layers - 1}</Fact>
            <Fact name="heads">{pe.query_heads} query, {pe.kv_heads} KV</Fact>
            <Fact name="weights">{bytes(pe.weight_bytes)}</Fact>
            <Fact name="KV cache">{bytes(pe.kv_bytes)}</Fact>
          </>
        )}
        {pe.utilization !== null && <Fact name="busy over 10 s">{percent(pe.utilization)}</Fact>}
        {stage && <Fact name="stage">{whole(stage.steps)} steps, {whole(stage.tokens)} tokens</Fact>}
      </dl>
      {replica?.reason && <p class="notice warn">{replica.reason}</p>}
      {stage && <StageTime stage={stage} />}
    </aside>
  );
}
