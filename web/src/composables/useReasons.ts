import { useI18n } from 'vue-i18n'

/**
 * The words for GAP's codes on keys: why one was chosen, why one was out, whose fault something was. A code without
 * words stands for itself.
 */
export function useReasons() {
  const { t, te } = useI18n()
  const words = (name: string, code: string) => (te(name) ? t(name) : code)
  return {
    why: (code: string) => words(`request.why.${code}`, code),
    reason: (code: string) => words(`request.reason.${code}`, code),
    scope: (code: string) => words(`request.scope.${code}`, code),
  }
}
