import { shallowRef } from 'vue'

export interface Question {
  /** What is asked, as a sentence: "Delete the key sim-…ha-1?" */
  title: string
  /** What follows from it. */
  text?: string
  /** What the button says: the deed itself, never "OK". */
  action: string
  /** Whether it cannot be undone. */
  danger?: boolean
  /** What must be typed before it is done; for what is large and final. */
  type?: string
}

const open = shallowRef<(Question & { reply: (yes: boolean) => void }) | undefined>()

/** The question that is asked at present; ConfirmDialog shows it. */
export const question = open

/** Asks before something is done; resolves to what was answered. */
export function confirm(asked: Question): Promise<boolean> {
  open.value?.reply(false)
  return new Promise((resolve) => {
    open.value = {
      ...asked,
      reply: (yes) => {
        open.value = undefined
        resolve(yes)
      },
    }
  })
}
