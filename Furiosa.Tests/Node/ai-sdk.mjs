// Runs the Vercel AI SDK's tool loop, whole and streamed, against a server on the bundled model, and prints what came of it as JSON.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, stepCountIs, streamText, tool } from 'ai';
import { z } from 'zod';

const provider = createOpenAICompatible({ name: 'furiosa', baseURL: process.argv[2], includeUsage: true });

async function run(ask) {
  const asked = [];
  const result = await ask({
    model: provider('EMPTY'),
    temperature: 0,
    maxRetries: 0,
    prompt: 'What is the weather in Paris?',
    stopWhen: stepCountIs(4),
    tools: {
      get_weather: tool({
        description: 'Current weather',
        inputSchema: z.object({ city: z.string() }),
        execute: async (given) => {
          asked.push(given);
          return '18 degrees and sunny';
        },
      }),
    },
  });
  const steps = await result.steps;
  return { asked, answer: await result.text, finishes: steps.map((step) => step.finishReason) };
}

console.log(JSON.stringify({ whole: await run(generateText), streamed: await run(streamText) }));
