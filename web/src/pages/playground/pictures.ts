import type { Picture } from './conversation'

/** What Gemini reads. */
export const PICTURE_TYPES = ['image/png', 'image/jpeg', 'image/webp', 'image/heic', 'image/heif']
/** Together with the others of the question, in bytes: Gemini takes no request above 20 MB. */
export const MOST_BYTES = 14_000_000
export const MOST_PICTURES = 16

export type PictureFault = 'type' | 'size' | 'count'

/** Reads pictures from files; what cannot be added is named with the reason. */
export async function readPictures(files: readonly File[], known: readonly Picture[]) {
  const pictures: Picture[] = []
  const refused: { name: string; fault: PictureFault }[] = []
  // Four characters of base64 are three bytes.
  let bytes = known.reduce((sum, { url }) => sum + url.length * 0.75, 0)
  for (const file of files) {
    let fault: PictureFault | undefined
    if (!PICTURE_TYPES.includes(file.type)) fault = 'type'
    else if (bytes + file.size > MOST_BYTES) fault = 'size'
    else if (known.length + pictures.length >= MOST_PICTURES) fault = 'count'
    if (fault !== undefined) {
      refused.push({ name: file.name, fault })
      continue
    }
    bytes += file.size
    pictures.push({ name: file.name, url: await dataUrl(file) })
  }
  return { pictures, refused }
}

function dataUrl(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.addEventListener('load', () => resolve(reader.result as string))
    reader.addEventListener('error', () => reject(reader.error ?? new Error(file.name)))
    reader.readAsDataURL(file)
  })
}
