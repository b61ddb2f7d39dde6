import { type Component, defineAsyncComponent } from 'vue'

const RETRY_AFTER = 1_000
const MOST_TRIES = 5

/** Runs when the page has been shown and the browser has nothing better to do. */
export function whenIdle(task: () => void): void {
  const soon = () => (window.requestIdleCallback ?? ((run: () => void) => window.setTimeout(run, 200)))(task)
  if (document.readyState === 'complete') soon()
  else window.addEventListener('load', soon, { once: true })
}

/**
 * A part that the first view does without, as a dialog: its code is fetched when the browser is idle, or when it is
 * shown, whichever comes first. In a template it stands in a `<WhenNeeded>`. One of several that may come first has a
 * `room`: what stands in its place until it is there, as large as it.
 */
export function late<Part extends Component>(load: () => Promise<{ default: Part }>, room?: Component): Part {
  // What cannot be fetched now is fetched when it is shown.
  whenIdle(() => void load().catch(() => undefined))
  return defineAsyncComponent<Part>({
    loader: () => load().then((module) => module.default),
    loadingComponent: room,
    delay: room === undefined ? undefined : 0,
    onError: (_, retry, fail, tries) => (tries < MOST_TRIES ? window.setTimeout(retry, RETRY_AFTER) : fail()),
  })
}
