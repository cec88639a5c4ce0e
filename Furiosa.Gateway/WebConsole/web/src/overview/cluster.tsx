import { useRef, useState } from 'preact/hooks';
import { State } from '../bits';
import { tone } from '../format';
import type { ClusterNode, Npu, Pe, Replica } from '../types';
import { Drain, drainable, useDrain } from './drain';
import { PeDetails } from './pe-details';

/** Nodes, their NPUs, and the PEs of these, framed by the tensor-parallel group that they work in. */
export function ClusterPicture({ nodes, replicas, placement }: { nodes: ClusterNode[]; replicas: Replica[]; placement: string[] }) {
  const [chosen, choose] = useState<string | null>(null);
  const box = useRef<HTMLElement>(null);
  const drains = useDrain(nodes);
  const all = nodes.flatMap((node) => (node.npus ?? []).flatMap((npu) => npu.pes.map((pe) => ({ key: `${node.name}/${pe.name}`, node, pe }))));
  const open = all.find((one) => one.key === chosen);
  const entry = open?.key ?? all[0]?.key;

  // One stop for the tabulator; the arrows go from PE to PE.
  const move = (event: KeyboardEvent) => {
    const steps: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -all.length, End: all.length };
    const tiles = [...box.current!.querySelectorAll<HTMLButtonElement>('button.pe')];
    const at = tiles.indexOf(document.activeElement as HTMLButtonElement);
    if (event.key === 'Escape') choose(null);
    if (at < 0 || !(event.key in steps)) return;
    event.preventDefault();
    tiles[Math.max(0, Math.min(tiles.length - 1, at + steps[event.key]))].focus();
  };

  return (
    <section class="cluster" aria-labelledby="picture" ref={box} onKeyDown={move}>
      <div class="title">
        <h2 id="picture">Cluster</h2>
        <Legend />
      </div>
      <div class="stage">
        <div class="nodes">
          {nodes.map((node) => (
            <article key={node.name || node.address} class={`card node ${tone(node.state)}${node.npus?.length ? '' : ' bare'}`} aria-label={`Node ${node.name || node.address}`}>
              <header>
                <h3>{node.name || node.address}</h3>
                <small>{node.role === 'all' ? 'gateway + device' : node.role}{node.name && node.address && <span title={node.address}> · {place(node.address)}</span>}</small>
                <span class="row">
                  <State of={node.state} />
                  {drains && drainable(node) && <Drain node={node} />}
                </span>
              </header>
              {node.npus && node.npus.length > 0 ? (
                <div class="npus">
                  {node.npus.map((npu) => (
                    <NpuBox key={npu.name} npu={npu} entry={entry} chosen={chosen} node={node} choose={choose} />
                  ))}
                </div>
              ) : <Remote node={node} replicas={replicas} />}
            </article>
          ))}
        </div>
        {nodes.length > 1 && placement.length > 0 && (
          <details class="card placement">
            <summary>Why replicas are where they are</summary>
            <ul>{placement.map((line, index) => <li key={index}>{line}</li>)}</ul>
          </details>
        )}
        {open && <PeDetails pe={open.pe} node={open.node} replica={replicas.find((one) => one.index === open.pe.replica)} close={() => choose(null)} />}
      </div>
    </section>
  );
}

interface NpuProps {
  npu: Npu;
  node: ClusterNode;
  entry: string | undefined;
  chosen: string | null;
  choose: (key: string | null) => void;
}

function NpuBox({ npu, node, entry, chosen, choose }: NpuProps) {
  return (
    <div class="npu" role="group" aria-label={npu.name}>
      <h4>{npu.name}</h4>
      <div class="groups">
        {groups(npu.pes).map((pes) => (
          <div key={`${pes[0].replica}.${pes[0].stage}`} class={`tp-group ${tone(pes[0].state)}`} role="group" aria-label={pes[0].replica === null ? 'Without a replica' : `Replica ${pes[0].replica}, stage ${pes[0].stage}`}>
            <p>
              {pes[0].replica !== null && <><b>R{pes[0].replica}</b> S{pes[0].stage}</>}
              {pes[0].layers > 0 && <small>L{pes[0].first_layer}–{pes[0].first_layer + pes[0].layers - 1}</small>}
              {pes[0].state !== 'serving' && <State of={pes[0].state} />}
            </p>
            <div class="pes">
              {pes.map((pe) => {
                const key = `${node.name}/${pe.name}`;
                return (
                  <button
                    key={pe.name}
                    type="button"
                    class={`pe ${tone(pe.state)}`}
                    aria-pressed={chosen === key}
                    tabIndex={entry === key ? 0 : -1}
                    onClick={() => choose(chosen === key ? null : key)}
                  >
                    <i class="level" style={{ height: `${(pe.utilization ?? 0) * 100}%` }} aria-hidden="true" />
                    <span class="sr">{pe.name.slice(0, pe.name.lastIndexOf(':') + 1)}</span>
                    <b>{pe.name.split(':').at(-1)}</b>
                    <span class="sr">{pe.replica !== null && `, replica ${pe.replica}, stage ${pe.stage}, rank ${pe.rank}`}, {pe.state}, </span>
                    <small>{pe.utilization === null ? '–' : `${Math.round(pe.utilization * 100)}%`}</small>
                    <span class="sr">{pe.utilization === null ? 'load unknown' : ' busy'}</span>
                  </button>
                );
              })}
            </div>
          </div>
        ))}
      </div>
    </div>
  );
}

/** A node without PEs, or one that has told of none yet: what it has, and the replicas that it is home to. */
function Remote({ node, replicas }: { node: ClusterNode; replicas: Replica[] }) {
  const homed = replicas.filter((replica) => replica.node !== '' && replica.node === node.address);
  return (
    <div class="remote">
      <p>{node.devices || 'No processing elements: this node answers clients.'}</p>
      {homed.length > 0 && (
        <ul class="row" aria-label="Replicas at home here">
          {homed.map((replica) => <li key={replica.index}><State of={replica.state} word={`Replica ${replica.index}: ${replica.state}, ${replica.running ?? 0} running`} /></li>)}
        </ul>
      )}
    </div>
  );
}

/** Where it is, without how it is spoken to. */
const place = (address: string) => address.replace(/^.*@/, '');

function Legend() {
  return (
    <p class="legend" aria-hidden="true">
      {['serving', 'loading', 'draining', 'lost'].map((state) => <State key={state} of={state} />)}
      <span><i class="fill" /> busy over 10 s</span>
      <span><b>R</b> replica, <b>S</b> stage, <b>L</b> layers</span>
    </p>
  );
}

function groups(pes: Pe[]): Pe[][] {
  const found = new Map<string, Pe[]>();
  for (const pe of pes) {
    const key = `${pe.replica}.${pe.stage}`;
    found.set(key, [...(found.get(key) ?? []), pe]);
  }
  return [...found.values()];
}
