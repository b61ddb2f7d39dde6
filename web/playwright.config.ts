import { defineConfig } from '@playwright/test'

import { chromium, type Look } from './e2e/fixtures.ts'

const WIDTHS = { 360: 780, 1440: 900 }

/**
 * Ways to look at the page: narrow in every language and theme, wide in those that differ in both. Two of them, which differ
 * in everything, run all tests; the others `@look` alone.
 */
const LOOKS = (['en', 'zh'] as const)
  .flatMap((language) =>
    (['light', 'dark'] as const).flatMap((theme) => [1440, 360].map((width) => ({ language, theme, width }))),
  )
  .filter(({ language, theme, width }) => width === 360 || (language === 'en') === (theme === 'light'))
const COMPLETE = ['en-light-1440', 'zh-dark-360']

export default defineConfig<object, Look>({
  testDir: 'e2e',
  outputDir: 'test-results',
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  forbidOnly: process.env.CI !== undefined,
  reporter: process.env.PLAYWRIGHT_JUNIT_OUTPUT_FILE ? [['list'], ['junit']] : [['list']],
  use: {
    screenshot: 'only-on-failure',
    trace: 'retain-on-failure',
    timezoneId: 'UTC',
    contextOptions: { reducedMotion: 'reduce' },
    launchOptions: {
      executablePath: chromium(),
      // The tests see pages of this gateway alone, and may run as root.
      args: ['--no-sandbox'],
    },
  },
  projects: LOOKS.map(({ language, theme, width }) => {
    const name = `${language}-${theme}-${width}`
    return {
      name,
      grep: COMPLETE.includes(name) ? undefined : /@look/,
      use: {
        language,
        locale: language === 'zh' ? 'zh-CN' : 'en-US',
        colorScheme: theme,
        viewport: { width, height: WIDTHS[width as keyof typeof WIDTHS] },
      },
    }
  }),
})
