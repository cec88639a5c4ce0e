// Uses the console of a gateway with two device nodes as an operator would, in a real browser, and prints what went wrong, check by check.
// usage: node console-cluster.mjs CHROMIUM ADMIN CLIENTS PID      (PID: the process of device node d2, which is stopped and goes on)
// FURIOSA_SHOTS=DIR leaves pictures there.
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const [executablePath, admin, clients, pid] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
page.setDefaultTimeout(60_000);
const broken = [];
page.on('pageerror', (error) => broken.push(String(error)));

const node = (name) => page.getByRole('article', { name: `Node ${name}` });
const tiles = (name) => node(name).locator('button.pe');
const inState = (name, state) => node(name).locator(`button.pe:has-text("${state}")`);
const until = async (what, condition) => {
  for (const end = Date.now() + 60_000; !(await condition()); ) {
    assert.ok(Date.now() < end, `it did not come about that ${what}`);
    await new Promise((resume) => setTimeout(resume, 100));
  }
};
const all = (name, state) => until(`the elements of ${name} are ${state}`, async () => (await tiles(name).count()) > 0 && (await inState(name, state).count()) === (await tiles(name).count()));

const checks = {
  async nodes() {
    await page.goto(`${admin}/admin`);
    for (const name of ['d1', 'd2']) {
      await all(name, 'serving');
      assert.equal(await tiles(name).count(), 2);
      await node(name).getByRole('button', { name: `drain ${name}` }).waitFor();
    }
    await shoot('cluster');
    await tiles('d2').first().click();
    const details = page.getByRole('complementary', { name: /^Details of npu:0:0/ });
    const text = await details.innerText();
    assert.match(text, /d2/);
    assert.match(text, /0–7/);
    assert.match(text, /MiB/);
    assert.match(text, /busy over 10 s/);
    await page.keyboard.press('Escape');
  },

  // Requests are under way at both nodes; one gives its work away, and takes some again.
  async drain() {
    await node('d2').getByRole('button', { name: 'drain d2' }).click();
    const load = begin(8, 1900);
    await until('both replicas have requests', async () => (await state()).replicas.every((replica) => replica.running > 0));
    await page.getByRole('dialog').getByRole('button', { name: 'Drain', exact: true }).click();
    await node('d2').getByText('drained', { exact: true }).waitFor();
    await all('d2', 'idle');
    for (const answer of await load) assert.deepEqual(answer, { status: 200, tokens: 1900 });
    await until('the load of d1 is seen', async () => (await busiest('d1')) > 0);
    await shoot('cluster-drained');
    await page.evaluate(() => { location.hash = '#/requests'; });
    // Those that were at d2 went on at d1, which their waterfalls show.
    const resumed = await page.evaluate(async () => {
      const { requests } = await (await fetch('/admin/api/requests')).json();
      const details = await Promise.all(requests.map(async ({ id }) => (await fetch(`/admin/api/requests/${id}`)).json()));
      return details.filter((one) => one.prompts.some((prompt) => prompt.events.some((event) => event.kind === 'request_resumed'))).map((one) => one.id);
    });
    assert.ok(resumed.length > 0, 'no request was moved');
    await page.evaluate((id) => { location.hash = `#/requests/${id}`; }, resumed[0]);
    const view = page.getByRole('complementary', { name: 'Request', exact: true });
    await view.locator('.waterfall .mark').first().waitFor();
    assert.match(await view.locator('.happened').innerText(), /goes on at replica/);
    assert.match(await view.locator('.facts').innerText(), /\d → \d/);
    await shoot('request-resumed');
    await page.evaluate(() => { location.hash = '#/overview'; });
    await node('d2').getByRole('button', { name: 'undrain d2' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Undrain', exact: true }).click();
    await all('d2', 'serving');
  },

  // It neither ends nor answers, as when its network is cut.
  async lost() {
    process.kill(Number(pid), 'SIGSTOP');
    try {
      await node('d2').getByText('lost', { exact: true }).first().waitFor();
      await all('d2', 'lost');
      assert.equal(await node('d2').getByRole('button', { name: 'drain d2' }).count(), 0);
      await page.locator('article.replica').filter({ hasText: 'lost' }).waitFor();
      await page.locator('header.top .state').getByText('degraded').waitFor();
      await shoot('cluster-lost');
      assert.deepEqual(await begin(1, 5), [{ status: 200, tokens: 5 }]);
    } finally {
      process.kill(Number(pid), 'SIGCONT');
    }
    await all('d2', 'serving');
    await page.evaluate(() => { location.hash = '#/events'; });
    await page.getByText(/is lost to this gateway/).first().waitFor();
    for (const what of ['Node d2 has joined.', /Node d2 is lost/, 'Node d2 is heard again.', /Node d2 drains/, 'Node d2 takes work again.']) await page.getByText(what).first().waitFor();
    assert.deepEqual(broken, []);
  },
};

/** Sends requests at once and says how each ended. */
function begin(count, tokens) {
  return Promise.all(Array.from({ length: count }, async (_, index) => {
    const answer = await fetch(`${clients}/v1/completions`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ prompt: `Story ${index} of ${count}: once upon a time`, max_tokens: tokens, ignore_eos: true, seed: index }),
    });
    return { status: answer.status, tokens: (await answer.json()).usage?.completion_tokens };
  }));
}

const state = async () => (await fetch(`${admin}/admin/api/state`)).json();

async function busiest(name) {
  const shares = await tiles(name).locator('small').allInnerTexts();
  return Math.max(0, ...shares.map((text) => Number.parseInt(text, 10) || 0));
}

async function shoot(name) {
  if (!process.env.FURIOSA_SHOTS) return;
  for (const theme of ['light', 'dark']) {
    await page.getByLabel('Colours').selectOption(theme);
    await page.screenshot({ path: `${process.env.FURIOSA_SHOTS}/${name}-desktop-${theme}.png`, fullPage: true });
  }
  await page.getByLabel('Colours').selectOption('system');
}

const results = {};
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    results[name] = null;
  } catch (error) {
    results[name] = String(error.stack ?? error).slice(0, 2000);
    break;
  }
}
await browser.close();
console.log(JSON.stringify(results));
