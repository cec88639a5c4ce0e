import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiFailure, call } from '../api';
import type { ClusterNode } from '../types';

const path = (node: string, verb: string) => `/cluster/nodes/${encodeURIComponent(node)}/${verb}`;

/** Whether nodes can be drained here: only those of a cluster, and only where the admin API offers it. */
export function useDrain(nodes: ClusterNode[]): boolean {
  const [offered, setOffered] = useState(false);
  const name = nodes.length > 1 ? (nodes.find(drainable)?.name ?? null) : null;
  useEffect(() => {
    if (name === null) return setOffered(false);
    // Asked with the wrong method, an endpoint that exists says so, and does nothing.
    call(path(name, 'drain')).catch((error) => setOffered(error instanceof ApiFailure && error.status === 405));
  }, [name]);
  return offered;
}

/** Whether it holds work that others could do: neither a node that only answers clients nor one that is not there. */
export function drainable(node: ClusterNode): boolean {
  return node.name !== '' && node.role !== 'gateway' && !['lost', 'joining', 'leaving'].includes(node.state);
}

/** Drains a node or takes it back, once it is confirmed. */
export function Drain({ node }: { node: ClusterNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState(false);
  const verb = /^drain/.test(node.state) ? 'undrain' : 'drain';

  const run = async () => {
    setBusy(true);
    try {
      await call(path(node.name, verb), { method: 'POST' });
      dialog.current?.close();
    } catch (error) {
      setProblem((error as Error).message);
    }
    setBusy(false);
  };

  return (
    <>
      <button type="button" class="small" aria-label={`${verb} ${node.name}`} onClick={() => { setProblem(''); dialog.current?.showModal(); }}>
        {verb === 'drain' ? 'Drain' : 'Undrain'}
      </button>
      <dialog ref={dialog} aria-labelledby={`ask-${node.name}`}>
        <h2 id={`ask-${node.name}`}>{verb === 'drain' ? 'Drain' : 'Undrain'} {node.name}?</h2>
        <p>
          {verb === 'drain'
            ? 'It takes no new work, and what it runs goes on at other nodes, with the same bytes.'
            : 'It takes work again as soon as replicas are placed on it.'}
        </p>
        {problem && <p class="problem" role="alert">{problem}</p>}
        <div class="row end">
          <button type="button" onClick={() => dialog.current?.close()}>Cancel</button>
          <button type="button" class="primary" disabled={busy} onClick={run}>{verb === 'drain' ? 'Drain' : 'Undrain'}</button>
        </div>
      </dialog>
    </>
  );
}
