/** Colours of parts, as far as they can be told apart. */
export const HUES = ['hue-1', 'hue-2', 'hue-3', 'hue-4', 'hue-5', 'hue-6'] as const
export type Hue = (typeof HUES)[number]
export const FILLS: Record<Hue, string> = {
  'hue-1': 'fill-hue-1 bg-hue-1',
  'hue-2': 'fill-hue-2 bg-hue-2',
  'hue-3': 'fill-hue-3 bg-hue-3',
  'hue-4': 'fill-hue-4 bg-hue-4',
  'hue-5': 'fill-hue-5 bg-hue-5',
  'hue-6': 'fill-hue-6 bg-hue-6',
}
