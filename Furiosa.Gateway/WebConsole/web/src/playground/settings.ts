/** What is set in the form; empty text leaves the server's own default. */
export interface Settings {
  system: string;
  temperature: string;
  top_p: string;
  max_tokens: string;
  seed: string;
  presence_penalty: string;
  frequency_penalty: string;
  stop: string;
  logprobs: boolean;
  format: 'text' | 'json_object' | 'json_schema';
  schema: string;
  tools: string;
}

export const defaults: Settings = {
  system: '',
  temperature: '',
  top_p: '',
  max_tokens: '',
  seed: '',
  presence_penalty: '',
  frequency_penalty: '',
  stop: '',
  logprobs: true,
  format: 'text',
  schema: JSON.stringify({ type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false }, null, 2),
  tools: '',
};

export const exampleTools = JSON.stringify(
  [
    {
      type: 'function',
      function: {
        name: 'get_weather',
        description: 'Current weather',
        parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
      },
    },
  ],
  null,
  2,
);

export const numbers = [
  { id: 'temperature', label: 'Temperature', min: 0, max: 2, step: 0.1 },
  { id: 'top_p', label: 'Top p', min: 0, max: 1, step: 0.05 },
  { id: 'max_tokens', label: 'Max tokens', min: 1, step: 1 },
  { id: 'seed', label: 'Seed', step: 1 },
  { id: 'presence_penalty', label: 'Presence penalty', min: -2, max: 2, step: 0.1 },
  { id: 'frequency_penalty', label: 'Frequency penalty', min: -2, max: 2, step: 0.1 },
] as const;
