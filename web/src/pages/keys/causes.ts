import { useI18n } from 'vue-i18n'

/** Why a key or a bucket is out of use, in the page's language: by the cause's word, else in GAP's own words. */
export function useCauses() {
  const { t, te } = useI18n()
  return {
    causeOf: (cause?: string | null, why?: string | null): string => {
      const name = `keys.cause.${cause ?? ''}`
      return cause && te(name) ? t(name) : (why ?? cause ?? '')
    },
    /** Words of Google or of whoever switched the key off: shown beside ours where they say more. */
    ownWords: (cause?: string | null, why?: string | null): string | undefined => {
      if (!why || !cause || !te(`keys.cause.${cause}`)) return undefined
      return OURS.test(why) ? undefined : why
    },
  }
}

/** How GAP's own sentences about causes begin; they say the same as the translated cause. */
const OURS =
  /^(Gemini(?: does not| did not| had| refused| is not|'s own| cancelled)|The (?:upstream keys|gateway's|model|input|project of the|file or cache|connection)|Its time is over|It was switched off|No connection|This method)/
