import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { getJson } from '../api';
import { Empty } from '../bits';
import { asksGateways, picture } from '../live';
import { Pane } from './pane';
import { PaneModel } from './pane-model';
import type { Target } from './snippets';

// Kept while the page is open, so that a look at the cluster loses nothing.
const panes = [new PaneModel('A'), new PaneModel('B')];
const compares = signal(false);
const draft = signal('');

/** Chat with the model, in one configuration or in two side by side. */
export function Playground() {
  const model = picture.value?.model?.name ?? '';
  const [target, setTarget] = useState<Target>({ baseUrl: '', keyRequired: false });
  const shown = compares.value ? panes : panes.slice(0, 1);
  const runs = shown.some((pane) => pane.running.value);

  useEffect(() => {
    getJson<{ base_url: string; key_required: boolean }>('/playground')
      .then((found) => setTarget({ baseUrl: reachable(found.base_url), keyRequired: found.key_required }))
      .catch(() => {});
  }, []);

  const send = () => {
    const text = draft.value.trim();
    if (text === '' || runs || model === '') return;
    draft.value = '';
    for (const pane of shown) void pane.ask(model, text);
  };

  const toggle = () => {
    compares.value = !compares.value;
    // The second begins as the first is, so that one difference is one difference.
    if (compares.value && panes[1].turns.value.length === 0) panes[1].settings.value = { ...panes[0].settings.value };
    if (!compares.value) panes[1].stop();
  };

  if (asksGateways.value) {
    return (
      <>
        <h1>Playground</h1>
        <section class="card"><Empty>This node answers no clients: the playground is in the console of a gateway.</Empty></section>
      </>
    );
  }
  return (
    <div class="playground">
      <div class="title">
        <h1>Playground</h1>
        <div class="row">
          <button type="button" aria-pressed={compares.value} onClick={toggle}>Compare two</button>
          <button type="button" onClick={() => panes.forEach((pane) => pane.clear())}>New chat</button>
        </div>
      </div>
      <div class={compares.value ? 'panes two' : 'panes'}>
        {shown.map((pane) => <Pane key={pane.name} pane={pane} model={model} target={target} draft={draft.value} titled={compares.value} />)}
      </div>
      <Composer runs={runs} ready={model !== ''} send={send} stop={() => shown.forEach((pane) => pane.stop())} />
    </div>
  );
}

function Composer({ runs, ready, send, stop }: { runs: boolean; ready: boolean; send: () => void; stop: () => void }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const keys = (event: KeyboardEvent) => {
    // Enter that ends the choice of a character of another script is not ours.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  return (
    <form class="composer card" onSubmit={(event) => { event.preventDefault(); send(); field.current?.focus(); }}>
      <label class="sr" for="message">Message</label>
      <textarea
        id="message"
        ref={field}
        rows={2}
        placeholder={ready ? 'Ask something. Enter sends, Shift+Enter begins a new line.' : 'The model is still loading …'}
        value={draft.value}
        onInput={(event) => (draft.value = event.currentTarget.value)}
        onKeyDown={keys}
      />
      {/* Two buttons, not one that changes: a press that began on Stop must not end on Send. */}
      {runs
        ? <button key="stop" type="button" class="stop" onClick={() => { stop(); field.current?.focus(); }}>Stop</button>
        : <button key="send" type="submit" class="primary" disabled={!ready || draft.value.trim() === ''}>Send</button>}
    </form>
  );
}

/** The address of clients as this browser would reach it: a server that listens everywhere is where this page came from. */
function reachable(address: string): string {
  return address.replace(/^(https?:\/\/)(0\.0\.0\.0|\[::\])(?=[:/]|$)/, `$1${location.hostname}`);
}
