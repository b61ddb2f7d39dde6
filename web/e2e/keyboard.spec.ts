// Every page by Tab alone: whatever can be clicked is reached, it is seen that it is reached, and there is a way out.
import { pagesFor } from '../src/navigation.ts'
import { expect, settle, test } from './fixtures.ts'

/** More than any page has; who is still within it then is trapped. */
const MOST_STEPS = 400

for (const { name, path } of pagesFor(true)) {
  test(`the page ${name} by the keyboard alone`, async ({ page, logIn }) => {
    await logIn()
    await page.goto(`.${path}`)
    await settle(page)
    await page.evaluate(markControls)
    const unseen: string[] = []
    let left = false
    for (let step = 0; step < MOST_STEPS && !left; step += 1) {
      await page.keyboard.press('Tab')
      const here = await page.evaluate(arrive)
      left = here === null
      if (here !== null && !here.seen) unseen.push(here.name)
    }
    expect(left, 'Tab leads out of the page in the end').toBe(true)
    expect(unseen, 'nobody sees that the focus is here').toEqual([])
    expect(await page.evaluate(unreached), 'never reached by Tab').toEqual([])
  })
}

/** Numbers what can be clicked, as it is now. */
function markControls() {
  const all = document.querySelectorAll<HTMLElement>('a[href], button, input, select, textarea, [tabindex="0"]')
  for (const control of all) {
    const shown = control.checkVisibility({ visibilityProperty: true }) && control.getClientRects().length > 0
    const off = control.matches(':disabled, [aria-disabled="true"]') || control.closest('[inert]') !== null
    // One of a group takes the focus, arrows lead to the others; a part of a control is reached with the control.
    const inner = control.tabIndex < 0
    const radio = control instanceof HTMLInputElement && control.type === 'radio'
    if (shown && !off && !inner && !radio) control.dataset.reached = 'no'
  }
}

/** Where the focus is, and whether that is seen; null when it has left the page. */
async function arrive(): Promise<{ name: string; seen: boolean } | null> {
  const mostFrames = 30
  const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve))
  await nextFrame()
  const active = document.activeElement
  if (!(active instanceof HTMLElement) || active === document.body || active.dataset.reached === 'yes') return null
  active.dataset.reached = 'yes'
  const name = (active.getAttribute('aria-label') ?? active.textContent ?? '').trim() || active.outerHTML.slice(0, 120)
  const inside = () => {
    const box = active.getBoundingClientRect()
    return box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth
  }
  const marked = (element: Element | null) => {
    if (element === null) return false
    const style = getComputedStyle(element)
    return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none'
  }
  // Fields show it at the frame that holds them, boxes and switches at what is drawn in their place.
  const frame = active.closest('.el-input__wrapper, .el-select__wrapper, .focus-frame')
  const isSeen = () => inside() && [active, frame, active.nextElementSibling].some(marked)
  // What moves into view does so within a moment; a busy machine takes some frames for it.
  for (let frames = 0; frames < mostFrames && !isSeen(); frames += 1) await nextFrame()
  return { name, seen: isSeen() }
}

function unreached(): string[] {
  return [...document.querySelectorAll<HTMLElement>('[data-reached="no"]')]
    .filter((control) => control.checkVisibility({ visibilityProperty: true }))
    .map((control) => control.getAttribute('aria-label') ?? control.outerHTML.slice(0, 160))
}
