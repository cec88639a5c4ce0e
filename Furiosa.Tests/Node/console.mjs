// Uses the console of a running server as a person would, in a real browser, and prints what went wrong, check by check, as one JSON object.
// usage: node console.mjs CHROMIUM http://127.0.0.1:18000 [ADDRESS KEY]       (ADDRESS: a listener that asks for KEY)
// FURIOSA_SHOTS=DIR also leaves pictures of every page there, at three sizes and in both themes.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const [executablePath, admin, lockedAdmin, key] = process.argv.slice(2);
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const sizes = { phone: { width: 390, height: 844 }, tablet: { width: 820, height: 1180 }, desktop: { width: 1440, height: 900 } };
const pages = ['overview', 'requests', 'events', 'playground'];
const question = 'What is the capital of France?';
const truth = 'The capital of France is Paris.';

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
const context = await browser.newContext({ viewport: sizes.desktop, reducedMotion: 'reduce', permissions: ['clipboard-read', 'clipboard-write'] });
context.setDefaultTimeout(60_000);
// Nothing but the listener itself may be asked for anything.
const foreign = [];
const broken = [];
context.on('request', (request) => { if (!request.url().startsWith(admin)) foreign.push(request.url()); });
const page = await context.newPage();
page.on('console', (message) => { if (message.type() === 'error' && !/40[0-9]|TrustedHTML/.test(message.text())) broken.push(message.text()); });
page.on('pageerror', (error) => broken.push(String(error)));

const show = (where) => page.evaluate((to) => { location.hash = `#/${to}`; }, where);
const answers = () => page.locator('.turn.assistant');
const settled = (count = 1) => page.waitForFunction((n) => document.querySelectorAll('.turn.assistant footer').length >= n && !document.querySelector('.composer .stop'), count);
async function fresh() {
  await show('playground');
  await page.getByRole('button', { name: 'New chat' }).click();
}
async function say(text) {
  await page.getByLabel('Message').fill(text);
  await page.keyboard.press('Enter');
}
/** Presses a button in the page itself, at the first token that is shown: a fast model may be done before a press from here arrives. */
function pressAtFirstToken(name) {
  return page.evaluate((text) => new Promise((done, fail) => {
    const observer = new MutationObserver(() => {
      const button = [...document.querySelectorAll('button')].find((one) => one.textContent === text);
      if (!button || !document.querySelector('.turn.assistant .token')) return;
      end();
      button.click();
      done();
    });
    const longest = setTimeout(() => { end(); fail(new Error(`no token was shown, or no button "${text}"`)); }, 60_000);
    const end = () => { clearTimeout(longest); observer.disconnect(); };
    observer.observe(document.body, { childList: true, subtree: true });
  }), name);
}
async function wide() {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** What is there only once it is opened; Escape closes it, or does no harm. */
const openings = {
  async 'a processing element'() {
    await show('overview');
    await page.locator('button.pe').first().click();
    await page.locator('aside.details').waitFor();
  },
  async 'a request'() {
    await show('requests');
    await page.locator('tbody a').last().click();
    await page.locator('aside.request .facts').waitFor();
  },
  async 'a conversation'() {
    await fresh();
    await say(question);
    await settled();
    await page.locator('.token').first().focus();
    await page.getByRole('tooltip').waitFor();
  },
  async 'the code'() {
    await page.getByRole('button', { name: 'Copy as code' }).click();
    await page.getByRole('dialog').waitFor();
  },
};

const checks = {
  async cluster() {
    await page.goto(`${admin}/admin`);
    await page.locator('button.pe').first().waitFor();
    const told = await (await fetch(`${admin}/admin/api/state`)).json();
    const names = told.nodes.flatMap((node) => node.npus.flatMap((npu) => npu.pes.map((pe) => pe.name)));
    const tiles = page.locator('button.pe');
    assert.equal(await tiles.count(), names.length);
    await tiles.first().click();
    const details = page.getByRole('complementary', { name: `Details of ${names[0]}` });
    await details.waitFor();
    assert.match(await details.innerText(), /replica 0, stage 0, rank 0/);
    assert.equal(await page.locator('article.replica').count(), told.replicas.length);
    assert.equal(await page.locator('.chart svg').count(), 6);
    assert.equal(await page.locator('header.top .state').innerText(), 'serving');
    // A single process has nothing that could be drained to another.
    assert.equal(await page.getByRole('button', { name: /drain/i }).count(), told.nodes.length > 1 ? told.nodes.length : 0);
  },

  async chat() {
    await fresh();
    await say(question);
    await settled();
    assert.equal(await answers().first().locator('.text').innerText(), truth);
  },

  async probabilities() {
    const token = page.locator('.token', { hasText: 'Paris' });
    await token.hover();
    const tip = page.getByRole('tooltip');
    await tip.waitFor();
    const text = await tip.innerText();
    assert.match(text, /␣Paris/);
    assert.match(text, /log-probability -/);
    assert.ok(await tip.locator('li').count() >= 5);
    await token.focus();
    await page.keyboard.press('Home');
    assert.match(await tip.innerText(), /The/);
    await page.keyboard.press('ArrowRight');
    await tip.getByText('␣capital').waitFor();
    await page.keyboard.press('Escape');
    await tip.waitFor({ state: 'detached' });
  },

  async waterfall() {
    await page.getByRole('link', { name: 'Waterfall' }).click();
    const view = page.getByRole('complementary', { name: 'Request' });
    await view.locator('.span.decode').waitFor();
    assert.deepEqual(await view.locator('.waterfall .name').allInnerTexts(), ['queued', 'prefill', 'decode']);
    const row = page.locator('tr.chosen');
    await row.getByText('stop').waitFor();
    assert.match(await row.innerText(), /chat/);
    await view.getByRole('link', { name: 'Close request' }).click();
    await view.waitFor({ state: 'detached' });
  },

  // More than a page of them, by what they are about.
  async filter() {
    await page.evaluate(async (from) => {
      for (let i = 0; i < 60; i++) await fetch('/admin/api/v1/chat/completions', { method: 'POST', headers: { 'Content-Type': 'application/json', 'X-Request-Id': `${from}-${i}` }, body: '{"temperature": 9}' });
    }, 'paged');
    await show('requests');
    const rows = page.locator('tbody tr');
    await page.locator('a[href$="paged-59"]').waitFor();
    assert.equal(await rows.count(), 50);
    await page.getByRole('button', { name: 'Older' }).click();
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length > 60);
    await page.getByLabel('Find').fill('paged-5');
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 11);
    await page.getByLabel('Outcome').selectOption('done');
    await page.getByText('None of those that are kept').waitFor();
    await page.getByLabel('Outcome').selectOption('');
    await page.getByLabel('Find').fill('');
    await page.waitForFunction(() => document.querySelectorAll('tbody tr').length === 50);
  },

  // On a phone one's details stand above the list: they are shown, and closing them leads back to where it was chosen.
  async deep() {
    await page.setViewportSize(sizes.phone);
    const link = page.locator('tbody a').nth(40);
    await link.focus();
    await page.keyboard.press('Enter');
    const view = page.getByRole('complementary', { name: 'Request' });
    await view.locator('.facts').waitFor();
    const top = await view.evaluate((here) => here.getBoundingClientRect().top);
    assert.ok(top >= 0 && top < sizes.phone.height / 2, `details are at ${top}`);
    await view.getByRole('link', { name: 'Close request' }).click();
    await view.waitFor({ state: 'detached' });
    assert.ok(await link.evaluate((here) => here === document.activeElement && here.getBoundingClientRect().top > 0));
    await page.setViewportSize(sizes.desktop);
  },

  async events() {
    await show('events');
    await page.getByText('Replica 0 serves.').waitFor();
    await page.getByLabel('Kind').selectOption('replica_loading');
    await page.getByText('Replica 0 serves.').waitFor({ state: 'detached' });
  },

  async compare() {
    await fresh();
    await page.getByRole('button', { name: 'Compare two' }).click();
    const second = page.getByRole('region', { name: 'Configuration B' });
    await second.getByText('Settings').click();
    await second.getByLabel('Max tokens').fill('3');
    await say(question);
    await settled(2);
    assert.deepEqual(await page.locator('.turn.assistant .text').allInnerTexts(), [truth, 'The capital of']);
    assert.match(await second.locator('footer').innerText(), /length/);
    await page.getByRole('button', { name: 'Compare two' }).click();
    assert.equal(await second.count(), 0);
  },

  async structure() {
    await fresh();
    await page.getByLabel('Answer in').selectOption('json_schema');
    await page.getByLabel('JSON schema').fill('{"type": "object", "properties": {"city": {"enum": ["Paris", "Rome"]}}, "required": ["city"], "additionalProperties": false}');
    await say(question);
    await settled();
    assert.ok(['Paris', 'Rome'].includes(JSON.parse(await answers().first().locator('.text').innerText()).city));
    await page.getByLabel('JSON schema').fill('{"type": ');
    await page.locator('.settings .problem').waitFor();
    await page.getByLabel('Answer in').selectOption('text');
  },

  async tools() {
    await fresh();
    await page.getByRole('button', { name: 'Insert an example' }).click();
    await say('What is the weather in Paris?');
    await page.locator('.call').waitFor();
    // Its arguments come piece by piece.
    await settled();
    assert.match(await page.locator('.call').innerText(), /get_weather[^]*"city": "Paris"/);
    await page.getByLabel('Result of get_weather').fill('18 degrees and sunny');
    await page.getByRole('button', { name: 'Give result' }).click();
    await settled(2);
    assert.match(await answers().nth(1).innerText(), /18 degrees/);
    await page.getByLabel('Tools').fill('');
  },

  async stop() {
    await fresh();
    await page.getByLabel('Answer in').selectOption('json_schema');
    // An answer that cannot end by itself, so that there is something to stop.
    await page.getByLabel('JSON schema').fill('{"type": "array", "items": {"type": "integer"}, "minItems": 1000}');
    await Promise.all([pressAtFirstToken('Stop'), say('Count.')]);
    await page.getByText('stopped by you').waitFor();
    await fresh();
    await Promise.all([pressAtFirstToken('New chat'), say('Count.')]);
    await page.getByLabel('Answer in').selectOption('text');
    await say(question);
    await settled();
    assert.equal(await page.locator('.turn.user').count(), 1, 'the chat that was left came back');
  },

  async refused() {
    await fresh();
    await page.getByLabel('Temperature').fill('9');
    await say(question);
    await page.locator('.turn .notice').waitFor();
    assert.match(await page.locator('.turn .notice').innerText(), /temperature/);
    await page.getByLabel('Temperature').fill('');
  },

  // What people and models write is text, whatever it looks like.
  async hostile() {
    await fresh();
    const markup = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
    await say(markup);
    await settled();
    assert.equal(await page.locator('.turn.user .text').innerText(), markup);
    assert.equal(await page.locator('main img, main script').count(), 0);
    const refused = await page.evaluate(() => {
      try { document.body.insertAdjacentHTML('beforeend', '<b>x</b>'); return false; } catch { return true; }
    });
    assert.ok(refused, 'the policy of the page lets text become markup');
  },

  async code() {
    await fresh();
    await say(question);
    await settled();
    await page.getByRole('button', { name: 'Copy as code' }).click();
    const asked = await page.getByRole('dialog').locator('pre').innerText();
    assert.ok(asked.includes(question) && !asked.includes(truth), 'the code asks for what was answered');
    await page.keyboard.press('Escape');
    await fresh();
    await page.getByLabel('Message').fill("It's \"quoted\"");
    await page.getByRole('button', { name: 'Copy as code' }).click();
    const dialog = page.getByRole('dialog');
    const texts = {};
    for (const language of ['curl', 'Python', 'C#']) {
      await dialog.getByRole('button', { name: language, exact: true }).click();
      await dialog.getByRole('button', { name: 'Copy', exact: true }).click();
      await dialog.getByText('Copied.').waitFor();
      texts[language] = await page.evaluate(() => navigator.clipboard.readText());
    }
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    return texts;
  },

  // From the top of the page to an answer, without a pointer.
  async keyboard() {
    await fresh();
    await page.reload();
    await page.getByLabel('Message').waitFor();
    const focused = () => page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.id ?? document.activeElement.innerText);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    assert.equal(await focused(), 'main');
    for (let i = 0; i < 40 && (await focused()) !== 'message'; i++) await page.keyboard.press('Tab');
    assert.equal(await focused(), 'message');
    await page.keyboard.type(question);
    await page.keyboard.press('Enter');
    await settled();
    await show('overview');
    await page.locator('button.pe[tabindex="0"]').focus();
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await page.locator('aside.details').waitFor();
    assert.equal(await page.locator('button.pe').last().getAttribute('aria-pressed'), 'true');
    assert.equal(await page.locator('button.pe[tabindex="0"]').count(), 1);
    await page.keyboard.press('Escape');
    await page.locator('aside.details').waitFor({ state: 'detached' });
  },

  // Wherever the tabulator stops one sees it, and nothing moves for those who asked for stillness.
  async focus() {
    for (const where of pages) {
      await show(where);
      await page.locator('main h1').waitFor({ state: 'attached' });
      await page.evaluate(() => document.activeElement?.blur());
      for (let i = 0; i < 60; i++) {
        await page.keyboard.press('Tab');
        const hidden = await page.evaluate(() => {
          const here = document.activeElement;
          // The page itself is given the focus when it is turned to, to be read from its top.
          if (!here || here === document.body || here.id === 'main') return null;
          // The message's frame shows it for it.
          const shown = here.id === 'message' ? here.closest('.composer') : here;
          const style = getComputedStyle(shown);
          return style.outlineStyle !== 'none' || here.id === 'message' ? null : here.outerHTML.slice(0, 120);
        });
        assert.equal(hidden, null, `${where}: the focus is not to be seen`);
      }
      assert.equal(await page.evaluate(() => document.getAnimations().filter((one) => one.playState === 'running').length), 0, `${where}: something moves`);
    }
  },

  async sizes() {
    for (const [size, viewport] of Object.entries(sizes)) {
      await page.setViewportSize(viewport);
      for (const where of pages) {
        await show(where);
        await page.locator('main h1').waitFor({ state: 'attached' });
        assert.ok((await wide()) <= 0, `${where} is too wide on a ${size}`);
        await shoot(where, size);
      }
    }
  },

  async accessible() {
    await page.setViewportSize(sizes.desktop);
    const found = [];
    for (const theme of ['light', 'dark']) {
      await page.getByLabel('Colours').selectOption(theme);
      assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme), theme);
      for (const where of pages) {
        await show(where);
        await page.locator('main h1').waitFor({ state: 'attached' });
        found.push(...(await violations()).map((text) => `${theme} ${where}: ${text}`));
      }
      for (const [what, open] of Object.entries(openings)) {
        await open();
        found.push(...(await violations()).map((text) => `${theme} ${what}: ${text}`));
        await page.keyboard.press('Escape');
      }
    }
    await page.setViewportSize(sizes.phone);
    for (const where of pages) {
      await show(where);
      await page.locator('main h1').waitFor({ state: 'attached' });
      found.push(...(await violations()).map((text) => `phone ${where}: ${text}`));
    }
    await page.setViewportSize(sizes.desktop);
    await page.getByLabel('Colours').selectOption('system');
    assert.deepEqual(found, []);
  },

  async key() {
    if (!lockedAdmin) return;
    const locked = await context.newPage();
    await locked.goto(`${lockedAdmin}/admin`);
    await locked.getByLabel('Key').fill('wrong');
    await locked.keyboard.press('Enter');
    await locked.getByText('That is not the key.').waitFor();
    await locked.getByLabel('Key').fill(key);
    await locked.keyboard.press('Enter');
    await locked.locator('button.pe').first().waitFor();
    await locked.reload();
    await locked.locator('button.pe').first().waitFor();
    await locked.close();
  },

  async offline() {
    assert.deepEqual(foreign.filter((url) => !lockedAdmin || !url.startsWith(lockedAdmin)), []);
    assert.deepEqual(broken, []);
  },
};

async function violations() {
  // Evaluated by the debugger, which the page's policy does not bind.
  const { readFile } = await import('node:fs/promises');
  await page.evaluate(await readFile(axe, 'utf8'));
  const { violations: found } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return found.map(({ id, nodes }) => `${id} at ${nodes.map((node) => node.target).join(', ')}`);
}

async function shoot(where, size) {
  if (!process.env.FURIOSA_SHOTS) return;
  for (const theme of ['light', 'dark']) {
    await page.getByLabel('Colours').selectOption(theme);
    await page.screenshot({ path: `${process.env.FURIOSA_SHOTS}/${where}-${size}-${theme}.png`, fullPage: size !== 'desktop' });
  }
  await page.getByLabel('Colours').selectOption('system');
}

const results = {};
for (const [name, check] of Object.entries(checks)) {
  try {
    results[name] = { problem: null, value: (await check()) ?? null };
  } catch (error) {
    results[name] = { problem: String(error.stack ?? error).slice(0, 2000), value: null };
    // Without the page there is nothing to use.
    if (name === 'cluster') break;
  }
}
await browser.close();
console.log(JSON.stringify(results));
