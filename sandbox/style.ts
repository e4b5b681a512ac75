/** One small stylesheet, light and dark. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1c2330; --soft: #667085; --line: #e4e7ec; --page: #f4f6f9; --card: #fff; --accent: #344054;
  --good: #067647; --good-back: #ecfdf3; --wait: #93370d; --wait-back: #fffaeb; --over: #475467; --over-back: #f2f4f7;
  --banner: #7a2e0e; --banner-back: #fef0c7; }
@media (prefers-color-scheme: dark) { :root { --ink: #f2f4f7; --soft: #98a2b3; --line: #2b3442; --page: #0d1117; --card: #161b24;
  --accent: #667085; --good: #75e0a7; --good-back: #053321; --wait: #fedf89; --wait-back: #4e1d09; --over: #cecfd2; --over-back: #22262f;
  --banner: #fedf89; --banner-back: #4e1d09; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 24px 16px; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
main { background: var(--card); border: 1px solid var(--line); border-radius: 16px; box-shadow: 0 8px 30px rgb(16 24 40 / 8%); }
.card { width: min(100%, 400px); padding: 24px; border-top: 6px solid var(--accent); text-align: center; }
.wide { width: min(100%, 1080px); padding: 28px; }
.alipay { --accent: #1677ff; } .wechat { --accent: #087f3f; } .paypal { --accent: #1f4a8f; }
.banner { margin: 0 0 20px; padding: 8px 12px; border-radius: 8px; background: var(--banner-back); color: var(--banner); font-size: 13px; text-align: center; }
.channel { margin: 0; color: var(--soft); }
h1 { margin: 4px 0 8px; font-size: 34px; font-variant-numeric: tabular-nums; letter-spacing: -.02em; }
.wide h1 { font-size: 26px; } small { color: var(--soft); font-weight: 400; font-size: .65em; }
h2 { margin: 28px 0 8px; font-size: 16px; }
.state { display: inline-block; margin: 0; padding: 2px 10px; border-radius: 99px; font-size: 13px; white-space: nowrap;
  background: var(--over-back); color: var(--over); }
.good { background: var(--good-back); color: var(--good); } .waiting { background: var(--wait-back); color: var(--wait); }
dl { margin: 20px 0; text-align: left; border-top: 1px solid var(--line); }
dl div { display: flex; justify-content: space-between; gap: 16px; padding: 9px 0; border-bottom: 1px solid var(--line); }
dt { color: var(--soft); white-space: nowrap; } dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
code { font: 12.5px ui-monospace, "Cascadia Mono", Menlo, monospace; overflow-wrap: anywhere; }
.buttons { display: grid; gap: 10px; } form { margin: 0; }
button { width: 100%; padding: 12px; border: 1px solid var(--line); border-radius: 10px; background: transparent; color: var(--ink);
  font: inherit; font-weight: 600; cursor: pointer; }
.pay { background: var(--accent); border-color: var(--accent); color: #fff; font-size: 16px; }
button:hover { filter: brightness(1.08); } button:focus-visible, a:focus-visible { outline: 3px solid color-mix(in srgb, var(--accent) 50%, transparent); outline-offset: 2px; }
.hint { margin: 0; color: var(--soft); font-size: 14px; }
.scroll { overflow-x: auto; } table { width: 100%; border-collapse: collapse; font-size: 13.5px; }
th { color: var(--soft); font-weight: 500; text-align: left; white-space: nowrap; } th, td { padding: 8px 10px 8px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.money, th.money { padding-right: 22px; } .money { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; } a { color: inherit; }
`
