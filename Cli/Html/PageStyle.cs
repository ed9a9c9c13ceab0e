namespace Iommu.Cli.Html;

/// <summary>How the pages look. Colours are named once for a light screen and once for a dark one; drawings use the same names.</summary>
internal static class PageStyle
{
    public const string Css = """
        :root { color-scheme: light dark;
          --ground: #f6f7f9; --card: #ffffff; --ink: #1c2128; --soft: #59636e; --line: #dde1e6;
          --blue: #2367c9; --green: #157a52; --violet: #7444c4; --amber: #9a6200; --red: #c02b22; --wash: #fdeeec; }
        @media (prefers-color-scheme: dark) { :root {
          --ground: #101317; --card: #181c22; --ink: #e4e8ed; --soft: #98a2ae; --line: #2c333c;
          --blue: #6ea8ff; --green: #4cc38a; --violet: #b494ff; --amber: #e0a63c; --red: #ff7b70; --wash: #2c1917; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto, sans-serif; }
        main { max-width: 1080px; margin: 0 auto; padding: 32px 20px 64px; }
        h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 17px; margin: 32px 0 10px; } h3 { font-size: 15px; margin: 16px 0 6px; }
        p { margin: 4px 0; } .soft { color: var(--soft); }
        code, pre { font: 13px/1.5 ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; }
        pre { margin: 8px 0 0; padding: 10px 12px; overflow-x: auto; }
        pre { background: var(--ground); border: 1px solid var(--line); border-radius: 6px; }
        .card, .tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 14px; }
        .card { margin: 12px 0; overflow-x: auto; }
        .columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 12px; }
        h4 { margin: 16px 0 6px; font-size: 14px; }
        .broken { border-color: var(--red); background: var(--wash); }
        .verdict { font-weight: 600; } .held { color: var(--green); } .bad { color: var(--red); }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(126px, 1fr)); gap: 12px; margin: 20px 0; }
        .tile b { display: block; font-size: 22px; font-variant-numeric: tabular-nums; line-height: 1.3; }
        table { border-collapse: collapse; width: 100%; } th { text-align: left; font-weight: 600; color: var(--soft); }
        th, td { padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
        tr:last-child td { border-bottom: none; } .number { text-align: right; font-variant-numeric: tabular-nums; }
        svg { display: block; } svg.wide { width: 100%; height: auto; }
        svg text { fill: var(--soft); font: 12px system-ui, "Segoe UI", Roboto, sans-serif; font-variant-numeric: tabular-nums; }
        svg .grid { stroke: var(--line); stroke-width: 1; } svg .mark { stroke: var(--ink); stroke-width: 1; stroke-dasharray: 3 3; }
        svg .curve { fill: none; stroke-width: 2; stroke-linejoin: round; } svg .area { opacity: 0.14; }
        svg .box { fill: var(--card); stroke: var(--line); } svg .name { fill: var(--ink); font-weight: 600; }
        svg .box.added, svg .edge.added { stroke: var(--green); stroke-width: 2.2; }
        svg .box.gone, svg .edge.gone { stroke: var(--red); stroke-width: 2.2; stroke-dasharray: 5 3; }
        svg .box.changed { stroke: var(--amber); stroke-width: 2.2; }
        svg text.added, .added { fill: var(--green); color: var(--green); } svg text.gone, .gone { fill: var(--red); color: var(--red); }
        svg text.changed, .changed { fill: var(--amber); color: var(--amber); }
        svg text.added, svg text.gone, svg text.changed { font-weight: 600; }
        details { margin: 8px 0; } summary { cursor: pointer; color: var(--soft); }
        svg .edge { fill: none; stroke: var(--soft); stroke-width: 1.3; } svg .weak { stroke-dasharray: 4 3; }
        """;
}
