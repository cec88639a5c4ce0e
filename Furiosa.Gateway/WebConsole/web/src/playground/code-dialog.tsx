import { useEffect, useRef, useState } from 'preact/hooks';
import type { PaneModel } from './pane-model';
import { streamed } from './request';
import { languages, snippet, type Language, type Target } from './snippets';

interface CodeProps {
  pane: PaneModel;
  model: string;
  target: Target;
  draft: string;
  close: () => void;
}

/** The request of what is being written, or else the last one, as code. */
export function CodeDialog({ pane, model, target, draft, close }: CodeProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const code = useRef<HTMLPreElement>(null);
  const [language, choose] = useState<Language>('curl');
  const [said, say] = useState('');
  useEffect(() => dialog.current?.showModal(), []);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      say('Copied.');
    } catch {
      // Only pages of this machine or of https may write the clipboard.
      getSelection()?.selectAllChildren(code.current!);
      say('Selected: copy it with the keyboard.');
    }
  };

  let text: string;
  try {
    text = snippet(language, streamed(pane.body(model, draft.trim() || (pane.turns.value.length === 0 ? 'Hello' : undefined))), target);
  } catch (error) {
    text = (error as Error).message;
  }
  return (
    <dialog class="code-dialog" ref={dialog} onClose={close} aria-labelledby="code-title">
      <h2 id="code-title">The request as code</h2>
      <div class="row" role="group" aria-label="Language">
        {languages.map((one) => (
          <button key={one} type="button" class="small" aria-pressed={one === language} onClick={() => { choose(one); say(''); }}>{one}</button>
        ))}
      </div>
      <pre ref={code} tabIndex={0} aria-label={`${language} code`}>{text}</pre>
      <div class="row end">
        <span role="status">{said}</span>
        <button type="button" onClick={() => dialog.current?.close()}>Close</button>
        <button type="button" class="primary" onClick={copy}>Copy</button>
      </div>
    </dialog>
  );
}
