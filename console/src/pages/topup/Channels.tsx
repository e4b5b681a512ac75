import { Radio } from '@base-ui/react/radio'
import { RadioGroup } from '@base-ui/react/radio-group'
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
  return (
    <fieldset>
      <legend className="mb-1.5 text-small font-medium">{text.channel}</legend>
      {channels.length === 0 && <p className="text-small text-soft">{text.noChannels}</p>}
      <RadioGroup
        aria-label={text.channel}
        value={value}
        onValueChange={(next) => onChange(next as TopUpChannel)}
        className="grid gap-2 sm:grid-cols-3"
      >
        {channels.map(({ channel, currency, exchange }) => (
          <label
            key={channel}
            className="flex min-h-14 cursor-pointer items-center gap-3 rounded-field border border-line px-4 py-2 hover:border-edge has-[[data-checked]]:border-pine has-[[data-checked]]:bg-pine-wash"
          >
            <Radio.Root
              value={channel}
              className="grid size-4 shrink-0 place-items-center rounded-full border border-edge data-[checked]:border-pine"
            >
              <Radio.Indicator className="size-2 rounded-full bg-pine" />
            </Radio.Root>
            <span>
              <span className="block text-small font-medium">{text.channels[channel]}</span>
              {exchange && (
                <span className="figures block text-tiny text-soft">{text.exchange(currency, exchange.rate)}</span>
              )}
            </span>
          </label>
        ))}
      </RadioGroup>
    </fieldset>
  )
}
