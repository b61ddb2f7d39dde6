import type { Messages } from '@/i18n'

const files = import.meta.glob<Messages>('./*.json', { eager: true, import: 'default' })

/** One file for each page; its name is where its words stand. */
export default Object.fromEntries(
  Object.entries(files).map(([path, words]) => [path.replace(/^\.\/|\.json$/g, ''), words]),
) satisfies Messages
export { default as element } from 'element-plus/es/locale/lang/en'
