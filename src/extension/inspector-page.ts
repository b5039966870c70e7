import { randomBytes } from 'node:crypto';

export interface PageParts {
  /** Addresses of `dist/webview/main.js` and `style.css`. */
  readonly script: string;
  readonly style: string;
  /** Where style sheets may come from. */
  readonly cspSource: string;
}

/** The inspector's page: nothing may run in it but our one script, and it may ask nobody for anything (P53). */
export function inspectorPage({ script, style, cspSource }: PageParts): string {
  const nonce = randomBytes(16).toString('base64');
  const csp = [`default-src 'none'`, `script-src 'nonce-${nonce}'`, `style-src ${cspSource}`].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${csp}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>State Inspector</title>
<link rel="stylesheet" href="${style}">
</head>
<body>
<header><h1 id="title">State Inspector</h1><span id="problem" role="alert"></span>
<button id="import">Open Recording…</button><button id="export">Export…</button></header>
<nav aria-label="Actors"><div id="tree" role="tree" tabindex="0" aria-label="Actors"></div><p class="empty" id="nobody" hidden></p></nav>
<aside id="details" tabindex="0" aria-label="Context of the selected actor"></aside>
<main><div class="bar"><h2 id="subject"></h2><span id="subject-state" class="badge" role="status"></span><span id="subject-since"></span><span class="grow"></span>
<button id="out" aria-label="Zoom out">−</button><button id="in" aria-label="Zoom in">+</button><button id="fit">Fit</button><button id="follow" aria-pressed="true" title="Keep the active states in view">Follow</button></div>
<div id="chart" role="group" tabindex="0" aria-label="Statechart: plus and minus zoom, arrows pan, 0 fits"></div>
<div class="drive"><div id="possible" role="group" aria-label="Events that are possible now"></div><div id="faults" role="group" aria-label="Faults for development"></div></div></main>
<section class="time-bar" aria-label="Moment"><button id="live" aria-pressed="true">Live</button><input id="slider" type="range" min="0" max="0" value="0" aria-label="Time"><span id="when"></span></section>
<section aria-label="What happened">
<div class="tabs"><div role="tablist" aria-label="Views"><button role="tab" id="log-tab" aria-controls="log-panel">Events</button><button role="tab" id="sequence-tab" aria-controls="sequence-panel">Sequence</button><button role="tab" id="charts-tab" aria-controls="charts-panel">Over Time</button></div><span class="grow"></span>
<div id="filters" role="group" aria-label="Filters"><select id="who" aria-label="Actor"></select><select id="which" aria-label="Type of event"></select><input id="filter" type="text" placeholder="Filter" aria-label="Filter events"></div>
<select id="span" aria-label="Length of time" hidden><option value="60000">last minute</option><option value="600000" selected>last 10 minutes</option><option value="">everything</option></select></div>
<div class="panel" id="log-panel" role="tabpanel" aria-labelledby="log-tab"><div id="log" role="listbox" tabindex="0" aria-label="Events"></div><p class="empty" id="nothing" hidden></p></div>
<div class="panel" id="sequence-panel" role="tabpanel" tabindex="0" aria-labelledby="sequence-tab" hidden></div>
<div class="panel" id="charts-panel" role="tabpanel" tabindex="0" aria-labelledby="charts-tab" hidden></div>
</section>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}
