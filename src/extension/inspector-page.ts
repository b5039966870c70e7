import { escape } from '../inspect/chart-svg.ts';

export interface PageParts {
  /** Addresses of `dist/webview/main.js` and `style.css`. */
  readonly script: string;
  readonly style: string;
  /** Where style sheets may come from. */
  readonly cspSource: string;
  /** Such as `de`. */
  readonly language: string;
  /** What the page's texts are in that language; those that are not in it stay English. */
  readonly texts: Readonly<Record<string, string>>;
}

/** The inspector's page: nothing may run in it but our one script, and it may ask nobody for anything (P53). */
export function inspectorPage({ script, style, cspSource, language, texts }: PageParts): string {
  const t = (text: string): string => escape(texts[text] ?? text);
  const nonce = crypto.randomUUID();
  const csp = [`default-src 'none'`, `script-src 'nonce-${nonce}'`, `style-src ${cspSource}`].join('; ');
  return `<!DOCTYPE html>
<html lang="${escape(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${csp}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${t('State Inspector')}</title>
<link rel="stylesheet" href="${style}">
</head>
<body>
<header><h1 id="title">${t('State Inspector')}</h1><span id="problem" role="alert"></span>
<button id="import">${t('Open Recording…')}</button><button id="export">${t('Export…')}</button></header>
<nav aria-label="${t('Actors')}"><div id="tree" role="tree" tabindex="0" aria-label="${t('Actors')}"></div><p class="empty" id="nobody" hidden></p></nav>
<aside id="details" tabindex="0" aria-label="${t('Context of the selected actor')}"></aside>
<main><div class="bar"><h2 id="subject"></h2><span id="subject-state" class="badge" role="status"></span><span id="subject-since"></span><span class="grow"></span>
<button id="out" aria-label="${t('Zoom out')}">−</button><button id="in" aria-label="${t('Zoom in')}">+</button><button id="fit">${t('Fit')}</button><button id="follow" aria-pressed="true" title="${t('Keep the active states in view')}">${t('Follow')}</button></div>
<div id="chart" role="group" tabindex="0" aria-label="${t('Statechart: plus and minus zoom, arrows pan, 0 fits')}"></div>
<div class="drive"><div id="possible" role="group" aria-label="${t('Events that are possible now')}"></div><div id="faults" role="group" aria-label="${t('Faults for development')}"></div></div></main>
<section id="lines" aria-label="${t('Sizes of the panes')}"><div class="splitter" id="side-line" role="separator" tabindex="0" aria-orientation="vertical" aria-controls="tree" aria-valuemin="0" aria-valuemax="100" aria-valuenow="25" aria-label="${t('Width of the actors')}"></div>
<div class="splitter" id="context-line" role="separator" tabindex="0" aria-orientation="horizontal" aria-controls="details" aria-valuemin="0" aria-valuemax="100" aria-valuenow="50" aria-label="${t('Height of the context')}"></div>
<div class="splitter" id="log-line" role="separator" tabindex="0" aria-orientation="horizontal" aria-controls="what" aria-valuemin="0" aria-valuemax="100" aria-valuenow="50" aria-label="${t('Height of the events')}"></div></section>
<section class="time-bar" aria-label="${t('Moment')}"><button id="live" aria-pressed="true">${t('Live')}</button><div class="timeline"><input id="slider" type="range" min="0" max="0" value="0" aria-label="${t('Time')}"><div id="track"></div></div><span id="when"></span></section>
<section id="what" aria-label="${t('What happened')}">
<div class="tabs"><div role="tablist" aria-label="${t('Views')}"><button role="tab" id="log-tab" aria-controls="log-panel">${t('Events')}</button><button role="tab" id="sequence-tab" aria-controls="sequence-panel">${t('Sequence')}</button><button role="tab" id="charts-tab" aria-controls="charts-panel">${t('Over Time')}</button></div><span class="grow"></span>
<div id="filters" role="group" aria-label="${t('Filters')}"><select id="who" aria-label="${t('Actor')}"></select><select id="which" aria-label="${t('Type of event')}"></select><input id="filter" type="text" placeholder="${t('Filter')}" aria-label="${t('Filter events')}"></div>
<select id="span" aria-label="${t('Length of time')}" hidden><option value="60000">${t('last minute')}</option><option value="600000" selected>${t('last 10 minutes')}</option><option value="">${t('everything')}</option></select></div>
<div class="panel" id="log-panel" role="tabpanel" aria-labelledby="log-tab"><div id="log" role="listbox" tabindex="0" aria-label="${t('Events')}"></div><p class="empty" id="nothing" hidden></p></div>
<div class="panel" id="sequence-panel" role="tabpanel" tabindex="0" aria-labelledby="sequence-tab" hidden></div>
<div class="panel" id="charts-panel" role="tabpanel" tabindex="0" aria-labelledby="charts-tab" hidden></div>
</section>
<script type="application/json" id="texts">${JSON.stringify(texts).replaceAll('<', '\\u003c')}</script>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}
