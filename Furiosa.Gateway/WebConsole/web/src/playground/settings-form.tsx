import type { PaneModel } from './pane-model';
import { exampleTools, numbers, type Settings } from './settings';

/** What is asked of the model beside the words. Fields that are left empty are the server's defaults. */
export function SettingsForm({ pane, closed }: { pane: PaneModel; closed: boolean }) {
  const settings = pane.settings.value;
  const id = (name: string) => `${pane.name}-${name}`;
  const text = (name: 'system' | 'stop' | 'schema' | 'tools') => ({
    id: id(name),
    value: settings[name],
    onInput: (event: Event) => pane.set({ [name]: (event.currentTarget as HTMLTextAreaElement).value }),
  });
  // Open where there is room beside the conversation.
  const wide = !closed && matchMedia('(min-width: 60rem)').matches;

  return (
    <details class="card settings" open={wide}>
      <summary>Settings{summary(settings)}</summary>
      <div class="fields">
        <div class="field wide">
          <label for={id('system')}>System prompt</label>
          <textarea rows={2} placeholder="You are …" {...text('system')} />
        </div>
        {numbers.map((number) => (
          <div class="field" key={number.id}>
            <label for={id(number.id)}>{number.label}</label>
            <input
              id={id(number.id)}
              type="number"
              inputMode="decimal"
              min={'min' in number ? number.min : undefined}
              max={'max' in number ? number.max : undefined}
              step={number.step}
              placeholder="default"
              value={settings[number.id]}
              onInput={(event) => pane.set({ [number.id]: event.currentTarget.value })}
            />
          </div>
        ))}
        <div class="field wide">
          <label for={id('stop')}>Stop at <small>(one a line)</small></label>
          <textarea rows={1} {...text('stop')} />
        </div>
        <div class="field wide check">
          <input id={id('logprobs')} type="checkbox" checked={settings.logprobs} onChange={(event) => pane.set({ logprobs: event.currentTarget.checked })} />
          <label for={id('logprobs')}>Show probabilities of tokens</label>
        </div>
        <div class="field wide">
          <label for={id('format')}>Answer in</label>
          <select id={id('format')} value={settings.format} onChange={(event) => pane.set({ format: event.currentTarget.value as Settings['format'] })}>
            <option value="text">free text</option>
            <option value="json_object">a JSON object</option>
            <option value="json_schema">JSON of a schema</option>
          </select>
        </div>
        {settings.format === 'json_schema' && (
          <div class="field wide">
            <label for={id('schema')}>JSON schema</label>
            <textarea class="code" rows={8} spellcheck={false} {...text('schema')} {...judged(id('schema'), settings.schema)} />
            <Problem id={id('schema')} json={settings.schema} />
          </div>
        )}
        <div class="field wide">
          <label for={id('tools')}>Tools <small>(a JSON list)</small></label>
          <textarea class="code" rows={settings.tools === '' ? 1 : 8} spellcheck={false} placeholder="[]" {...text('tools')} {...judged(id('tools'), settings.tools)} />
          <Problem id={id('tools')} json={settings.tools} />
          {settings.tools === '' && <button type="button" class="small" onClick={() => pane.set({ tools: exampleTools })}>Insert an example</button>}
        </div>
      </div>
    </details>
  );
}

/** What is wrong with a field of JSON; nothing for one that is empty. */
function problem(json: string): string | null {
  if (json.trim() === '') return null;
  try {
    JSON.parse(json);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Tells readers that a field is wrong, and where it is said how. */
const judged = (id: string, json: string) => (problem(json) === null ? {} : { 'aria-invalid': true, 'aria-describedby': `${id}-problem` });

function Problem({ id, json }: { id: string; json: string }) {
  const said = problem(json);
  return said && <p id={`${id}-problem`} class="problem">{said}</p>;
}

function summary(settings: Settings) {
  const set = numbers.filter(({ id }) => settings[id] !== '').map(({ id, label }) => `${label.toLowerCase()} ${settings[id]}`);
  return set.length > 0 && <small> · {set.join(' · ')}</small>;
}
