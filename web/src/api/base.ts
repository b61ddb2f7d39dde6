/** The path under which a reverse proxy serves GAP, with a slash at its end; `<base>` in index.html names it. */
export const basePath = new URL(document.baseURI).pathname.replace(/[^/]*$/, '')

/** The address of something of the gateway: `/api/v1/keys` below a prefix is `/prefix/api/v1/keys`. */
export function address(path: string): string {
  return basePath + path.replace(/^\//, '')
}

/** The address that clients of this gateway are given, without a slash at its end. */
export function gatewayUrl(): string {
  return (location.origin + basePath).replace(/\/$/, '')
}
