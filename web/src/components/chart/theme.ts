/** Colours of series, in their order: apart from each other for the colour-blind too, on either ground. */
const SERIES = {
  light: ['#3451d1', '#0f8a7e', '#b8651b', '#8a4fc4', '#c2417d', '#5d7a1f', '#2b7fb8', '#7a6a55'],
  dark: ['#8ba0ff', '#45c9b8', '#e5a15c', '#bf94f0', '#f088b4', '#a7c65a', '#6ab8ec', '#bdae97'],
}

/** What ECharts draws with: the page's own colours. */
export function themeOf(dark: boolean): Record<string, unknown> {
  const style = getComputedStyle(document.documentElement)
  // The class of the theme may follow a moment later, so colours are named here, not read.
  const colour = dark
    ? { text: '#e7eaee', muted: '#9aa4b2', line: '#2b323d', raised: '#1d222b' }
    : { text: '#1a1f27', muted: '#5d6673', line: '#e3e6ea', raised: '#ffffff' }
  const axis = {
    axisLine: { lineStyle: { color: colour.line } },
    axisTick: { show: false },
    axisLabel: { color: colour.muted, fontSize: 11, hideOverlap: true },
    splitLine: { lineStyle: { color: colour.line } },
  }
  return {
    color: dark ? SERIES.dark : SERIES.light,
    backgroundColor: 'transparent',
    textStyle: { fontFamily: style.getPropertyValue('--el-font-family'), color: colour.text },
    grid: { left: 8, right: 12, top: 28, bottom: 4, containLabel: true },
    legend: {
      top: 0,
      left: 0,
      itemWidth: 10,
      itemHeight: 10,
      icon: 'roundRect',
      textStyle: { color: colour.muted, fontSize: 12 },
    },
    tooltip: {
      backgroundColor: colour.raised,
      borderColor: colour.line,
      textStyle: { color: colour.text, fontSize: 12 },
      confine: true,
    },
    categoryAxis: { ...axis, splitLine: { show: false } },
    timeAxis: { ...axis, splitLine: { show: false } },
    valueAxis: { ...axis, axisLine: { show: false } },
    line: { symbol: 'circle', symbolSize: 4, showSymbol: false, lineStyle: { width: 2 } },
    bar: { itemStyle: { borderRadius: [2, 2, 0, 0] }, barMaxWidth: 28 },
  }
}

/** What a series means by its colour: good, bad, or beside the point. */
export function toneColours(dark: boolean): Record<'accent' | 'good' | 'warn' | 'bad' | 'muted', string> {
  return dark
    ? { accent: '#8ba0ff', good: '#54c98a', warn: '#e0a63f', bad: '#ff7b83', muted: '#6b7482' }
    : { accent: '#3451d1', good: '#15713f', warn: '#b8651b', bad: '#c22b36', muted: '#a9b1bc' }
}
