import { defineStore } from 'pinia'

import { isAdministrator, logIn, logOut, session, sessionEnded } from '@/api/session'

/** Who has logged in; the session itself is kept and renewed beside the client (`api/session.ts`). */
export const useSession = defineStore('session', () => ({ session, sessionEnded, isAdministrator, logIn, logOut }))
