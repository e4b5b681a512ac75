import { Options } from '../../parts/Options.tsx'
import { useWords } from '../../words/index.tsx'
import type { TopUpChannel } from './amount.ts'

type Open = { channel: TopUpChannel; currency: string; exchange: { rate: string; margin: string } | null }

/** By which way it is paid. */
export function Channels(props: {
  channels: readonly Open[]
  value: TopUpChannel | undefined
  onChange(channel: TopUpChannel): void
}) {
  const { channels, value, onChange } = props
  const { topUp: text } = useWords()
  const options = channels.map(({ channel, currency, exchange }) => ({
    value: channel,
    text: text.channels[channel],
    ...(exchange && { about: text.exchange(currency, exchange.rate) }),
  }))
  return (
    <Options label={text.channel} value={value} options={options} onChange={onChange}>
      {channels.length === 0 && <p className="text-small text-soft">{text.noChannels}</p>}
    </Options>
  )
}
