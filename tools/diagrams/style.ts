/** The looks of a chart in a document, in light and in dark. The inspector has its own, in VS Code's colours. */
export const documentStyle = `
.chart{font-family:system-ui,sans-serif;background:#fff}
.state rect{fill:#f8f9fb;stroke:#c5cad3}.state.compound rect,.state.parallel rect{fill:#fdfdfe}.state .inner{fill:none}
.initial{fill:#57606a}.title{font-size:13px;font-weight:600;fill:#1c2430}.line{font-size:11px;fill:#57606a}.line .event{fill:#24292f}.line .guard{fill:#8250df}.rule{fill:none;stroke:#c5cad3}.label .event{font-weight:600}
.edge{fill:none;stroke:#8b949e;stroke-width:1.3}.arrow{fill:#8b949e}
.label rect{fill:#eef1f5;stroke:#d5dae1}.label text{font-size:11px;text-anchor:middle;fill:#24292f}.label .guard{fill:#8250df}.label .action{fill:#57606a}
@media (prefers-color-scheme:dark){.chart{background:#0d1117}.state rect{fill:#161b22;stroke:#3d444d}.state.compound rect,.state.parallel rect{fill:#0f141a}.state .inner{fill:none}
.initial{fill:#9198a1}.title{fill:#e6edf3}.line{fill:#9198a1}.line .event{fill:#e6edf3}.line .guard{fill:#d2a8ff}.rule{stroke:#3d444d}.edge{stroke:#656c76}.arrow{fill:#656c76}.label rect{fill:#21262d;stroke:#3d444d}.label text{fill:#e6edf3}.label .guard{fill:#d2a8ff}.label .action{fill:#9198a1}}
`.replaceAll('\n', '');
