/**
 * Stands in for `@ctrl/tinycolor`, which Element Plus' button brings along to shade a colour of its own. No button here
 * has one: colours come from the theme.
 */
export class TinyColor {
  constructor() {
    throw new Error('a colour of its own: buttons take theirs from the theme')
  }
}
