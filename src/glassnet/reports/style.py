"""The rules of style of a report's page."""

from __future__ import annotations

from glassnet.charts.style import CHART_STYLE

__all__ = ["REPORT_STYLE"]

_STYLE = """
h2 { margin: 2.2rem 0 0.5rem; padding-bottom: 0.15rem; border-bottom: 2px solid var(--accent); font-size: 1.15rem; }
p { margin: 0.4rem 0; max-width: 46rem; overflow-wrap: anywhere; }
.lead { font-size: 1.12rem; font-weight: 600; margin: 0.3rem 0 0.5rem; }
p.quiet { color: var(--quiet); font-size: 0.92rem; }
.warn { border-left: 4px solid var(--orange); padding: 0.1rem 0.7rem; }
.table td { overflow-wrap: break-word; font-variant-numeric: tabular-nums; }
.table.wide td:last-child { min-width: 13rem; }
.table.classes td:first-child, .table.classes td:last-child { min-width: 8.2rem; }
.table.scores td { padding-bottom: 0.35rem; white-space: nowrap; }
.table.scores td.name { white-space: normal; }
.table.scores .range { display: block; color: var(--quiet); font-size: 0.82rem; }
.table.scores .range { @media (max-width: 40rem) { white-space: normal; width: min-content; line-height: 1.2; } }
.table.scores .range span { white-space: nowrap; }
.table.scores tr.ours { font-weight: 600; }
.table.scores tr.ours .range { font-weight: 400; }
.pair { display: grid; gap: 0 2rem; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr));
  align-items: start; }
.pair > * { min-width: 0; }
.finding { border-left: 4px solid var(--orange); padding: 0.1rem 0.9rem; margin: 0.8rem 0; break-inside: avoid; }
.finding.error { border-color: #c62828; }
.finding.note { border-color: var(--edge); }
.finding h3 { margin: 0.2rem 0; font-size: 1rem; }
.row { break-inside: avoid; border: 1px solid var(--edge); border-radius: 6px; padding: 0.3rem 0.8rem;
  margin: 0.7rem 0; }
.row h3 { margin: 0.2rem 0; font-size: 1rem; overflow-wrap: anywhere; }
.card { border: 1px solid var(--edge); border-radius: 6px; padding: 0.2rem 0.9rem 0.6rem; background: var(--shade); }
.card h3 { margin: 0.9rem 0 0.2rem; font-size: 1rem; }
dl { display: grid; grid-template-columns: minmax(4.5rem, max-content) 1fr; gap: 0.1rem 0.8rem; margin: 0.3rem 0; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; min-width: 0; }
pre { margin: 0.2rem 0 0.6rem; padding: 0.4rem 0.6rem; background: var(--shade); border: 1px solid var(--edge);
  border-radius: 4px; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 0.87rem; }
ul { margin: 0.3rem 0; padding-left: 1.2rem; max-width: 46rem; }
li { margin: 0.15rem 0; overflow-wrap: anywhere; }
details { margin: 0.6rem 0; }
summary { cursor: pointer; color: var(--quiet); }
h2, h3 { break-after: avoid; }
"""

REPORT_STYLE = "\n".join([_STYLE, CHART_STYLE])
