// What ECharts draws of usage; its numbers come from `series.ts`, its words from the page.
import type { EChartsCoreOption } from 'echarts/core'

import type { NumberStyle } from '@/utils/format'

import { type Grid, type Metric, startOf } from './series'

/** How a metric is written. */
export const STYLES: Record<Metric, NumberStyle> = {
  requests: 'compact',
  tokens: 'compact',
  cost: 'money',
  errors: 'percent',
  speed: 'duration',
}

/** One line or one part of a bar. */
export interface Curve {
  name: string
  values: (number | null)[]
  form: 'bar' | 'line'
  /** A colour of its own; else the next of the theme. */
  colour?: string
  /** Whether it is there to compare with. */
  before?: boolean
}

/** Colours that mean something, on either ground. */
export function meanings(dark: boolean) {
  return dark
    ? { good: '#54c98a', warn: '#e0a63f', bad: '#ff7b83', before: '#9aa4b2', accent: '#8ba0ff', ground: '#222831' }
    : { good: '#1a7f4b', warn: '#c98a1b', bad: '#c22b36', before: '#5d6673', accent: '#3451d1', ground: '#eceef2' }
}

const dates = new Map<string, Intl.DateTimeFormat>()

/** What a step is called: a Pacific day by its date, an hour by this browser's clock. */
export function stepName(language: string, grid: Grid, step: number, long = false): string {
  const options: Intl.DateTimeFormatOptions =
    grid.by === 'day'
      ? { month: 'short', day: 'numeric', ...(long ? { weekday: 'short' } : {}), timeZone: 'America/Los_Angeles' }
      : {
          hour: '2-digit',
          minute: '2-digit',
          hourCycle: 'h23',
          ...(long || grid.count > 24 ? { month: 'short', day: 'numeric' } : {}),
        }
  const key = language + JSON.stringify(options)
  let format = dates.get(key)
  if (format === undefined) dates.set(key, (format = new Intl.DateTimeFormat(language, options)))
  return format.format(startOf(grid, step))
}

/** Steps of time along, curves up. */
export function timeOption(
  names: string[],
  curves: readonly Curve[],
  write: (value: number) => string,
): EChartsCoreOption {
  return {
    animation: false,
    tooltip: {
      trigger: 'axis',
      axisPointer: { type: 'shadow' },
      valueFormatter: (value: unknown) => (typeof value === 'number' ? write(value) : '–'),
    },
    legend: { type: 'scroll' },
    xAxis: { type: 'category', data: names },
    yAxis: { type: 'value', axisLabel: { formatter: write }, splitNumber: 4 },
    series: curves.map((curve) => ({
      name: curve.name,
      type: curve.form,
      stack: curve.form === 'bar' ? 'all' : undefined,
      data: curve.values,
      color: curve.colour,
      barCategoryGap: '25%',
      connectNulls: false,
      // A single point has no line to be seen by.
      showSymbol: curve.form === 'line' && !curve.before,
      z: curve.before ? 1 : 2,
      lineStyle: curve.before ? { type: 'dashed', width: 1.5, opacity: 0.8 } : undefined,
    })),
  }
}

/** Names with bars, the largest on top. */
export function rankOption(
  rows: readonly { name: string; value: number }[],
  label: string,
  write: (value: number) => string,
): EChartsCoreOption {
  const shown = rows.toReversed()
  return {
    animation: false,
    grid: { top: 4 },
    tooltip: {
      trigger: 'axis',
      axisPointer: { type: 'shadow' },
      valueFormatter: (value: unknown) => (typeof value === 'number' ? write(value) : '–'),
    },
    xAxis: { type: 'value', axisLabel: { formatter: write }, splitNumber: 3 },
    yAxis: {
      type: 'category',
      data: shown.map((row) => row.name),
      axisLabel: { width: 150, overflow: 'truncate', hideOverlap: false },
    },
    series: [
      {
        name: label,
        type: 'bar',
        data: shown.map((row) => row.value),
        barMaxWidth: 18,
        itemStyle: { borderRadius: [0, 3, 3, 0] },
      },
    ],
  }
}

/** Hours along, weekdays down, from Monday on. */
export function hoursOption(
  cells: readonly { day: number; hour: number; value: number }[],
  days: readonly string[],
  label: string,
  dark: boolean,
  write: (value: number) => string,
): EChartsCoreOption {
  const { ground, accent } = meanings(dark)
  const values = new Map(cells.map((cell) => [cell.day * 24 + cell.hour, cell.value]))
  const most = Math.max(0, ...values.values())
  const data = days.flatMap((_, day) =>
    Array.from({ length: 24 }, (__, hour) => [hour, days.length - 1 - day, values.get(day * 24 + hour) ?? 0]),
  )
  return {
    animation: false,
    grid: { top: 4, bottom: 28 },
    tooltip: {
      formatter: ({ value }: { value: [number, number, number] }) =>
        `${days[days.length - 1 - value[1]]} ${hourName(value[0])}–${hourName(value[0] + 1)}<br>${label}: <b>${write(value[2])}</b>`,
    },
    xAxis: {
      type: 'category',
      data: Array.from({ length: 24 }, (_, hour) => hourName(hour)),
      axisLine: { show: false },
    },
    yAxis: { type: 'category', data: days.toReversed(), axisLine: { show: false } },
    visualMap: {
      type: 'continuous',
      min: 0,
      max: most > 0 ? most : 1,
      orient: 'horizontal',
      left: 'center',
      bottom: 0,
      itemWidth: 10,
      itemHeight: 120,
      padding: 0,
      calculable: false,
      text: [write(most), write(0)],
      inRange: { color: [ground, accent] },
      textStyle: { fontSize: 11, color: dark ? '#9aa4b2' : '#5d6673' },
    },
    series: [
      {
        type: 'heatmap',
        data,
        itemStyle: { borderWidth: 2, borderColor: dark ? '#171b22' : '#ffffff', borderRadius: 4 },
        emphasis: { itemStyle: { borderColor: accent } },
      },
    ],
  }
}

const hourName = (hour: number) => `${String(hour % 24).padStart(2, '0')}:00`
