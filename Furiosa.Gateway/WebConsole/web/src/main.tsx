import './style.css';
import './playground/playground.css';
import { render } from 'preact';
import { App } from './app';
import { follow } from './live';
import { applyTheme } from './theme';

applyTheme();
render(<App />, document.getElementById('app')!);
void follow();
