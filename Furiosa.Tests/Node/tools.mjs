// Runs the client's own tool loop, whole and streamed, against a server on the bundled model, and prints what came of it as JSON.
import OpenAI from 'openai';

const client = new OpenAI({ baseURL: process.argv[2], apiKey: 'none', maxRetries: 0 });

async function run(stream) {
  const asked = [];
  const runner = client.chat.completions.runTools({
    model: 'EMPTY',
    temperature: 0,
    stream,
    messages: [{ role: 'user', content: 'What is the weather in Paris?' }],
    tools: [
      {
        type: 'function',
        function: {
          name: 'get_weather',
          description: 'Current weather',
          parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
          parse: JSON.parse,
          function: (given) => {
            asked.push(given);
            return '18 degrees and sunny';
          },
        },
      },
    ],
  });
  const answer = await runner.finalContent();
  return { asked, answer, roles: runner.messages.map((message) => message.role) };
}

console.log(JSON.stringify({ whole: await run(false), streamed: await run(true) }));
