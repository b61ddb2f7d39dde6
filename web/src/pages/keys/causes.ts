import { useI18n } from 'vue-i18n'

/** Why a key or a bucket is out of use, in the page's language: by the cause's word, else in GAP's own words. */
export function useCauses() {
  const { t, te } = useI18n()
  const isKnown = (cause?: string | null): cause is string => Boolean(cause) && te(`keys.cause.${cause}`)

  /** Why, in the page's language. */
  function causeOf(cause?: string | null, why?: string | null): string {
    return isKnown(cause) ? t(`keys.cause.${cause}`) : (why ?? cause ?? '')
  }
  /** Words of Google, or of whoever switched the key off: shown where they say more than ours. */
  function ownWords(cause?: string | null, why?: string | null): string | undefined {
    return why && isKnown(cause) && !OURS.test(why) ? why : undefined
  }
  /** Why, where there is room for one of them: a reason that somebody has given says more than that they did. */
  function shortCause(cause?: string | null, why?: string | null): string {
    return (cause === 'switched_off' ? ownWords(cause, why) : undefined) ?? causeOf(cause, why)
  }
  return { causeOf, ownWords, shortCause }
}

/** How GAP's own sentences about causes begin; they say the same as the translated cause. */
const OURS =
  /^(Gemini(?: does not| did not| had| refused| is not|'s own| cancelled)|The (?:upstream keys|gateway's|model|input|project of the|file or cache|connection)|Its time is over|It was switched off|No connection|This method)/
