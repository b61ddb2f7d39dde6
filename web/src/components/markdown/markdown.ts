// Markdown becomes Vue's nodes, never HTML: what a model writes can be shown, and nothing of it can run.
import { lexer, type MarkedToken, type Token, type Tokens } from 'marked'
import { h, type VNodeChild } from 'vue'

import CodeBlock from './CodeBlock.vue'

/** Where links may lead; anything else is shown as the text that it is. */
const LINK = /^(https?:|mailto:)/i
/** Pictures that need no other host. */
const PICTURE = /^data:image\/(png|jpeg|gif|webp);base64,/i
/** Deeper than anybody reads, and than Vue can go. */
const DEEPEST = 40
const BREAK = /^<br\s*\/?>\s*$/i

/** A text in Markdown as nodes. What cannot be read as Markdown is shown as it stands. */
export function renderMarkdown(text: string): VNodeChild[] {
  try {
    return blocks(lexer(text, { gfm: true, breaks: true }), 0)
  } catch {
    // Nested deeper than the reader's stack.
    return [h('p', { class: 'whitespace-pre-wrap' }, text)]
  }
}

function blocks(tokens: readonly Token[], depth: number): VNodeChild[] {
  return tokens.map((token) => (depth > DEEPEST ? token.raw : block(token as MarkedToken, depth + 1)))
}

function block(token: MarkedToken, depth: number): VNodeChild {
  switch (token.type) {
    case 'space':
    case 'def':
      return undefined
    case 'heading':
      // The page's own headings come above.
      return h(`h${Math.min(token.depth + 2, 6)}`, inlines(token.tokens, depth))
    case 'paragraph':
      return h('p', inlines(token.tokens, depth))
    case 'code':
      return h(CodeBlock, { code: token.text, language: token.lang?.trim().split(/\s/)[0] })
    case 'blockquote':
      return h('blockquote', blocks(token.tokens, depth))
    case 'hr':
      return h('hr')
    case 'list':
      return list(token, depth)
    case 'table':
      return table(token, depth)
    case 'html':
      return h('p', { class: 'whitespace-pre-wrap' }, token.text)
    default:
      return inline(token, depth)
  }
}

function list(token: Tokens.List, depth: number): VNodeChild {
  const items = token.items.map((item) =>
    h('li', { class: item.task ? 'task' : undefined }, blocks(item.tokens, depth)),
  )
  return token.ordered ? h('ol', { start: token.start === '' ? 1 : token.start }, items) : h('ul', items)
}

function table(token: Tokens.Table, depth: number): VNodeChild {
  const cell = (name: 'th' | 'td') => (one: Tokens.TableCell) =>
    h(name, { style: one.align === null ? undefined : { textAlign: one.align } }, inlines(one.tokens, depth))
  return h('div', { class: 'wide', tabindex: 0 }, [
    h('table', [
      h('thead', [h('tr', token.header.map(cell('th')))]),
      h(
        'tbody',
        token.rows.map((row) => h('tr', row.map(cell('td')))),
      ),
    ]),
  ])
}

function inlines(tokens: readonly Token[], depth: number): VNodeChild[] {
  return tokens.map((token) => (depth > DEEPEST ? token.raw : inline(token as MarkedToken, depth + 1)))
}

function inline(token: MarkedToken, depth: number): VNodeChild {
  switch (token.type) {
    case 'text':
      return 'tokens' in token && token.tokens !== undefined ? inlines(token.tokens, depth) : plain(token.text)
    case 'escape':
      return plain(token.text)
    case 'strong':
      return h('strong', inlines(token.tokens, depth))
    case 'em':
      return h('em', inlines(token.tokens, depth))
    case 'del':
      return h('del', inlines(token.tokens, depth))
    case 'codespan':
      return h('code', token.text)
    case 'br':
      return h('br')
    case 'checkbox':
      return token.checked ? '☑ ' : '☐ '
    case 'link':
      return LINK.test(token.href) ? link(token.href, inlines(token.tokens, depth)) : token.raw
    case 'image':
      return picture(token)
    case 'html':
      return BREAK.test(token.raw) ? h('br') : token.raw
    default:
      return token.raw
  }
}

function link(href: string, words: VNodeChild[]): VNodeChild {
  return h('a', { href, target: '_blank', rel: 'noopener noreferrer nofollow' }, words)
}

/** A picture from elsewhere would tell that host who reads; it is a link. */
function picture(token: Tokens.Image): VNodeChild {
  if (PICTURE.test(token.href)) return h('img', { src: token.href, alt: token.text })
  return LINK.test(token.href) ? link(token.href, [token.text || token.href]) : token.raw
}

/** `&amp;` and its like as what they stand for; a field's text is never HTML. */
function plain(text: string): string {
  return text.replaceAll(/&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z][a-z\d]{1,31});/gi, (entity) => {
    const field = document.createElement('textarea')
    field.innerHTML = entity
    return field.value
  })
}
