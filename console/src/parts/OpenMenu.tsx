import { Menu } from '@base-ui/react/menu'
import { Link } from '@tanstack/react-router'
import type { MenuProps } from './MenuButton.tsx'

const ITEM = 'block w-full rounded-field px-3 py-2 text-left text-small outline-none data-[highlighted]:bg-wash'

/** The menu of a button that was pressed, open as it comes. */
export default function OpenMenu({ face, label, look, disabled, head, items }: MenuProps) {
  return (
    <Menu.Root defaultOpen>
      <Menu.Trigger disabled={disabled} aria-label={label} className={look}>
        {face}
      </Menu.Trigger>
      <Menu.Portal container={document.getElementById('content')}>
        <Menu.Positioner sideOffset={8} align="end" className="z-50">
          <Menu.Popup className="w-68 rounded-sheet border border-line bg-sheet p-1.5 shadow-float outline-none">
            <div className="px-3 pt-1.5 pb-2">{head}</div>
            {items.map(({ text, to, onPress }) => (
              <Menu.Item key={text} render={to && <Link to={to} />} className={ITEM} onClick={onPress}>
                {text}
              </Menu.Item>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
}
