import { useEffect, useRef, useState } from 'preact/hooks';
import { Answer } from './answer';
import { CodeDialog } from './code-dialog';
import type { PaneModel } from './pane-model';
import { SettingsForm } from './settings-form';
import type { Target } from './snippets';

interface PaneProps {
  pane: PaneModel;
  model: string;
  target: Target;
  draft: string;
  titled: boolean;
}

/** One conversation: what was said, and its settings. */
export function Pane({ pane, model, target, draft, titled }: PaneProps) {
  const turns = pane.turns.value;
  const running = pane.running.value;
  const scroll = useRef<HTMLDivElement>(null);
  const [code, showCode] = useState(false);
  const last = turns.at(-1);

  // The newest text stays in sight unless one scrolled away from it; how much of it came at once does not count.
  const follows = useRef(true);
  const scrolled = () => {
    const box = scroll.current!;
    follows.current = box.scrollHeight - box.scrollTop - box.clientHeight < 160;
  };
  useEffect(() => {
    const box = scroll.current;
    if (box && follows.current) box.scrollTop = box.scrollHeight;
  }, [turns]);

  return (
    <section class="pane" aria-label={titled ? `Configuration ${pane.name}` : 'Chat'}>
      <div class="card talk">
        <div class="bar-top">
          {titled ? <h2>Configuration {pane.name}</h2> : <span class="model" title={model}>{model.split('/').at(-1)}</span>}
          <button type="button" class="small" onClick={() => showCode(true)}>Copy as code</button>
        </div>
        <div class="turns" ref={scroll} onScroll={scrolled} tabIndex={0} role="group" aria-label="Conversation" aria-busy={running}>
          {turns.length === 0 && <Hello />}
          {turns.map((turn, index) => (
            <article key={index} class={`turn ${turn.role}`} aria-label={turn.role}>
              {turn.role === 'assistant'
                ? <Answer turn={turn} running={running && turn === last} last={turn === last} send={(results) => void pane.answerTools(model, results)} />
                : <p class="text">{turn.content}</p>}
            </article>
          ))}
        </div>
        {/* Read once it is whole: word by word, a reader would stumble. */}
        <div class="sr" role="status">{running ? 'Answering …' : last?.role === 'assistant' ? last.error ?? last.content : ''}</div>
      </div>
      <SettingsForm pane={pane} closed={titled} />
      {code && <CodeDialog pane={pane} model={model} target={target} draft={draft} close={() => showCode(false)} />}
    </section>
  );
}

function Hello() {
  return (
    <div class="hello">
      <p><b>Say something to the model.</b></p>
      <p>Its words are coloured by how probable they were; point at one, or step through them with the arrow keys, to see what else it might have been.</p>
    </div>
  );
}
