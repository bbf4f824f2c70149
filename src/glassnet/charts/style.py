"""The rules of style that all charts share, for `glassnet.utils.html.fragment`."""

from __future__ import annotations

__all__ = ["CHART_STYLE"]

# Text and lines take the colour of the page around them; `utils.html` mixes the chart's colours with it.
CHART_STYLE = """
figure.chart { margin: 0.4em 0 0.8em; width: auto; max-width: 29em; text-align: left; break-inside: avoid;
  print-color-adjust: exact; -webkit-print-color-adjust: exact; }
figure.chart svg { display: block; width: 100%; height: auto; overflow: visible; font: 11px system-ui, sans-serif; }
figure.chart svg text { fill: currentColor; stroke: none; }
figure.chart svg .quiet { fill: var(--quiet); }
figure.chart svg .grid { stroke: currentColor; stroke-opacity: 0.14; stroke-width: 1; fill: none; }
figure.chart svg .axis { stroke: currentColor; stroke-opacity: 0.55; stroke-width: 1; fill: none; }
figure.chart svg .line { fill: none; stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round; }
figure.chart svg .dots { fill: none; stroke-width: 4.5; stroke-linecap: round; }
figure.chart svg .many { stroke-width: 3.2; stroke-opacity: 0.6; }
figure.chart svg .c0 { stroke: var(--blue); }
figure.chart svg .c1 { stroke: var(--orange); stroke-dasharray: 6 3; }
figure.chart svg .c2 { stroke: var(--green); stroke-dasharray: 1.5 3; }
figure.chart svg .c3 { stroke: var(--purple); stroke-dasharray: 8 3 1.5 3; }
figure.chart svg .faint { stroke: currentColor; stroke-opacity: 0.3; stroke-width: 1; }
figure.chart svg .dots.c1 { stroke-dasharray: none; }
figure.chart svg .best { stroke: var(--green); stroke-width: 1.5; fill: none; }
figure.chart svg .finding { stroke: var(--orange); stroke-width: 1; stroke-dasharray: 2 3; fill: none; }
figure.chart svg .best-sign { fill: var(--green); stroke: none; }
figure.chart svg .finding-sign { fill: var(--orange); stroke: none; }
figure.chart svg .box { fill: var(--blue); fill-opacity: 0.13; stroke: var(--blue); stroke-width: 1; }
figure.chart svg .unit { fill: var(--blue); stroke: none; }
figure.chart svg .wire { stroke: currentColor; stroke-opacity: 0.13; stroke-width: 0.7; fill: none; }
figure.chart svg .strong { font-weight: 600; }
figure.chart .legend { display: flex; flex-wrap: wrap; gap: 0.1em 1em; margin: 0 0 0.2em; font-size: 0.85em;
  line-height: 1.4; }
figure.chart .legend svg { display: inline-block; width: 26px; height: 10px; margin-right: 0.4em;
  vertical-align: middle; }
figure.chart .notes { list-style: none; margin: 0.2em 0 0; padding: 0; font-size: 0.85em; line-height: 1.4;
  color: var(--quiet); }
figure.chart .notes .best-sign { color: var(--green); }
figure.chart .notes .finding-sign { color: var(--orange); }
figure.chart .notes li { margin: 0; overflow-wrap: anywhere; }
table.bars { border-collapse: collapse; width: 100%; max-width: 40em; margin: 0.4em 0 0.8em; font-size: 0.92em;
  table-layout: auto; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
table.bars tr { background: none; }
table.bars td, table.bars th { padding: 0.16em 0.5em 0.16em 0; text-align: left; vertical-align: middle;
  border: 0; background: none; }
table.bars th { font-weight: 400; color: var(--quiet); font-size: 0.92em; }
table.bars .name { overflow-wrap: anywhere; min-width: 8.6em; max-width: 16em; }
table.bars .value.short, table.bars .name .whole { white-space: nowrap; }
table.bars .value { text-align: right; font-variant-numeric: tabular-nums; padding-right: 0; }
table.bars .bar { width: 42%; min-width: 4.5em; padding-right: 0.7em; }
table.bars .track { position: relative; height: 0.95em;
  background: color-mix(in srgb, currentColor 7%, transparent); }
table.bars .track > * { position: absolute; top: 0; bottom: 0; }
table.bars .plus { background: var(--blue); }
table.bars .minus { background: var(--orange); }
table.bars .middle { width: 1px; margin-left: -0.5px; top: -0.25em; bottom: -0.25em; background: currentColor;
  opacity: 0.6; }
table.bars .spread { top: 42%; bottom: 42%; background: currentColor; opacity: 0.75; }
div.counts { overflow-x: auto; margin: 0.4em 0 0.8em; print-color-adjust: exact;
  -webkit-print-color-adjust: exact; }
div.counts table { border-collapse: separate; border-spacing: 1px; font-size: 0.9em;
  font-variant-numeric: tabular-nums; width: auto; }
div.counts td { text-align: center; padding: 0.25em 0.45em; min-width: 1.6em; border: 0; }
div.counts th { font-weight: 400; padding: 0.15em 0.4em; text-align: right; white-space: nowrap; border: 0;
  background: none; }
div.counts th.name { position: sticky; left: 0; backdrop-filter: blur(7px); -webkit-backdrop-filter: blur(7px); }
div.counts th.across { text-align: left; color: var(--quiet); }
div.counts th.head { text-align: center; vertical-align: bottom; }
div.counts th.head span { writing-mode: vertical-rl; transform: rotate(180deg); display: inline-block;
  text-align: left; }
div.counts td.right { outline: 1px solid color-mix(in srgb, currentColor 45%, transparent); outline-offset: -1px; }
div.counts.dense table { font-size: 0.74em; }
div.counts.dense td { padding: 0.1em 0.1em; min-width: 1.3em; }
div.counts.dense th.head { padding: 0.15em 0; line-height: 1.2; }
""".strip()
