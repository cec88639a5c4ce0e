import type { ChatBody } from './request';

export const languages = ['curl', 'Python', 'C#'] as const;
export type Language = (typeof languages)[number];

export interface Target {
  baseUrl: string;
  keyRequired: boolean;
}

/** The request as code that can be pasted and run. */
export function snippet(language: Language, body: ChatBody, target: Target): string {
  switch (language) {
    case 'curl': return curl(body, target);
    case 'Python': return python(body, target);
    case 'C#': return csharp(body, target);
  }
}

function curl(body: ChatBody, { baseUrl, keyRequired }: Target): string {
  const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  return [
    `curl -N ${quoted(`${baseUrl}/chat/completions`)} \\`,
    ...(keyRequired ? ['  -H "Authorization: Bearer $OPENAI_API_KEY" \\'] : []),
    `  -H 'Content-Type: application/json' \\`,
    `  -d ${quoted(JSON.stringify(body, null, 2))}`,
  ].join('\n');
}

function python(body: ChatBody, { baseUrl, keyRequired }: Target): string {
  const fields = Object.entries(body).map(([name, value]) => `    ${name}=${pythonValue(value, 1)},`);
  return [
    ...(keyRequired ? ['import os', ''] : []),
    'from openai import OpenAI',
    '',
    `client = OpenAI(base_url=${JSON.stringify(baseUrl)}, api_key=${keyRequired ? 'os.environ["OPENAI_API_KEY"]' : '"EMPTY"'})`,
    'stream = client.chat.completions.create(',
    ...fields,
    ')',
    'for chunk in stream:',
    '    if chunk.choices:',
    '        print(chunk.choices[0].delta.content or "", end="", flush=True)',
  ].join('\n');
}

function pythonValue(value: unknown, depth: number): string {
  const pad = '    '.repeat(depth);
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value !== 'object') return JSON.stringify(value);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const items = Array.isArray(value)
    ? value.map((item) => pythonValue(item, depth + 1))
    : Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${pythonValue(item, depth + 1)}`);
  const line = `${open}${items.join(', ')}${close}`;
  return line.length <= 88 && !line.includes('\n') ? line : `${open}\n${items.map((item) => `${pad}    ${item},\n`).join('')}${pad}${close}`;
}

function csharp(body: ChatBody, { baseUrl, keyRequired }: Target): string {
  const json = JSON.stringify(body, null, 4);
  // A raw literal is framed by more quotes than it holds in a row.
  const most = Math.max(2, ...[...json.matchAll(/"+/g)].map((run) => run[0].length));
  const quotes = '"'.repeat(most + 1);
  return [
    'using System.Net.Http.Headers;',
    'using System.Text;',
    'using System.Text.Json;',
    '',
    'using var http = new HttpClient();',
    `using var request = new HttpRequestMessage(HttpMethod.Post, ${JSON.stringify(`${baseUrl}/chat/completions`)});`,
    ...(keyRequired ? ['request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Environment.GetEnvironmentVariable("OPENAI_API_KEY"));'] : []),
    `request.Content = new StringContent(${quotes}`,
    ...json.split('\n').map((line) => `    ${line}`),
    `    ${quotes}, Encoding.UTF8, "application/json");`,
    'using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);',
    'response.EnsureSuccessStatusCode();',
    'using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());',
    'while (await reader.ReadLineAsync() is { } line)',
    '{',
    '    if (!line.StartsWith("data: {")) continue;',
    '    using var chunk = JsonDocument.Parse(line["data: ".Length..]);',
    '    foreach (var choice in chunk.RootElement.GetProperty("choices").EnumerateArray())',
    '        if (choice.GetProperty("delta").TryGetProperty("content", out var content)) Console.Write(content.GetString());',
    '}',
  ].join('\n').replace(keyRequired ? '' : 'using System.Net.Http.Headers;\n', '');
}
