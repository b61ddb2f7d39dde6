// The real binary, started for the tests: in demo mode, on a free port, in an empty folder of its own.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { preview, type PreviewServer } from 'vite'

const WEB = join(import.meta.dirname, '..')
const START_LIMIT = 60_000
/** What the page talks to; everything else is the page itself. */
const API = ['/api', '/v1', '/v1beta', '/healthz', '/readyz', '/openapi.json', '/docs', '/redoc']

export const PASSWORD = 'demo'

/** The binary under test: GAP_BIN, else the one that was built last. */
function binary(): string {
  if (process.env.GAP_BIN) return process.env.GAP_BIN
  const target = process.env.CARGO_TARGET_DIR ?? join(WEB, '../target')
  const built = ['debug', 'ci', 'quick', 'release'].map((profile) => join(target, profile, 'gap')).filter(existsSync)
  const newest = built.toSorted((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs)[0]
  if (newest === undefined) throw new Error('there is no gateway: run `cargo build -p gap`, or name one in GAP_BIN')
  return newest
}

/** A gateway that runs. */
export class Gateway {
  private child?: ChildProcess
  private said = ''
  private page?: PreviewServer
  private readonly folder = mkdtempSync(join(tmpdir(), 'gap-e2e-'))

  private constructor(
    private readonly port: number,
    private readonly env: Record<string, string>,
  ) {}

  /** Starts one, with these settings beside the demo's. */
  static async start(env: Record<string, string> = {}): Promise<Gateway> {
    const gateway = new Gateway(await freePort(), env)
    try {
      await gateway.begin()
      await gateway.bringPage()
    } catch (error) {
      await gateway.stop()
      throw error
    }
    return gateway
  }

  /** Where a browser finds it, without a slash at its end. */
  get url(): string {
    const page = this.page?.httpServer.address()
    const port = typeof page === 'object' && page !== null ? page.port : this.port
    return `http://127.0.0.1:${port}${this.env.ROOT_PATH ?? ''}`
  }

  /** Starts it, or starts it again at the same address after {@link end}. */
  async begin(): Promise<void> {
    const { PATH, HOME } = process.env
    const child = spawn(binary(), ['demo', '--port', String(this.port)], {
      cwd: this.folder,
      env: { PATH, HOME, ...this.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child = child
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (this.said += String(part)))
    const deadline = Date.now() + START_LIMIT
    while (!(await this.isHealthy())) {
      if (child.exitCode !== null || Date.now() > deadline) {
        await this.end()
        throw new Error(`the gateway did not start:\n${this.said.slice(-2_000)}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  /** Ends the gateway as a crash would; its page, where Vite serves it, stays. */
  async end(): Promise<void> {
    const child = this.child
    this.child = undefined
    if (child === undefined || child.exitCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  async stop(): Promise<void> {
    await this.end()
    await this.page?.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** A login by the admin API, as the page would do it. */
  async logIn(password = PASSWORD): Promise<SessionToken> {
    return (await this.post('/api/v1/auth/login', { password })) as SessionToken
  }

  /** A new access key of an ordinary user. */
  async createUser(name: string): Promise<string> {
    const { access_token } = await this.logIn()
    return ((await this.post('/api/v1/access-keys', { name }, access_token)) as { key: string }).key
  }

  /** Sends a request of a client, so that there is something to see. */
  async generate(text: string, model = 'gemini-2.5-flash'): Promise<void> {
    await this.post(
      `/v1beta/models/${model}:generateContent`,
      { contents: [{ role: 'user', parts: [{ text }] }] },
      PASSWORD,
    )
  }

  private async post(path: string, body: unknown, token?: string): Promise<unknown> {
    const headers: Record<string, string> = { 'content-type': 'application/json' }
    if (token !== undefined) headers.authorization = `Bearer ${token}`
    const response = await fetch(this.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
    const text = await response.text()
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${text}`)
    return JSON.parse(text)
  }

  private async isHealthy(): Promise<boolean> {
    try {
      return (await fetch(`http://127.0.0.1:${this.port}${this.env.ROOT_PATH ?? ''}/healthz`)).ok
    } catch {
      return false
    }
  }

  /** A binary that was built elsewhere serves another page, or none: then Vite serves the one that was built here. */
  private async bringPage(): Promise<void> {
    const built = join(WEB, 'dist/index.html')
    if (!existsSync(built)) throw new Error('the page is not built: run `npm run build`')
    const entry = /assets\/index-[\w-]+\.js/.exec(readFileSync(built, 'utf8'))?.[0] ?? ''
    const served = await (await fetch(`${this.url}/login`, { headers: { accept: 'text/html' } })).text()
    if (served.includes(entry)) return
    if (process.env.CI || this.env.ROOT_PATH) throw new Error(`${binary()} does not serve the page in web/dist`)
    const target = `http://127.0.0.1:${this.port}`
    this.page = await preview({
      root: WEB,
      logLevel: 'error',
      preview: { port: 0, host: '127.0.0.1', proxy: Object.fromEntries(API.map((path) => [path, { target }])) },
    })
  }
}

interface SessionToken {
  access_token: string
  expires_in: number
  name: string
  role: string
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || address === null) throw new Error('there is no free port')
  return address.port
}
