import {fault, main, sentence, signedOut} from './ui.js'

const length = 6

// pad lets six digits be entered by the screen's keys or a keyboard. done gets
// them; what it throws is said, and the digits are entered anew. The count is
// spoken, the digits are not.
export const pad = (o, done) => {
  const dots = o('cham')
  let pin = ''
  let busy = false
  const draw = (spoken) => {
    for (const [i, dot] of [...dots.children].entries()) dot.toggleAttribute('data-co', i < pin.length)
    const count = main.dataset.dem.replace('{n}', pin.length)
    dots.setAttribute('aria-label', count)
    if (spoken) o('dem').textContent = count
  }
  const press = async (key) => {
    if (busy) return
    if (key === 'het') pin = ''
    else if (key === 'lui') pin = pin.slice(0, -1)
    else pin += key
    fault(o('loi'), '')
    draw(true)
    if (pin.length < length) return
    busy = true
    main.setAttribute('aria-busy', 'true')
    try {
      await done(pin)
    } catch (error) {
      if (dots.isConnected && !signedOut(error)) fault(o('loi'), sentence(error))
    }
    pin = ''
    busy = false
    if (!dots.isConnected) return
    main.removeAttribute('aria-busy')
    draw()
  }
  const typed = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    if (/^[0-9]$/.test(event.key)) press(event.key)
    else if (event.key === 'Backspace') press('lui')
  }
  main.querySelector('.t-bps').addEventListener('click', (event) => {
    const button = event.target.closest('button')
    if (button) press(button.dataset.phim || button.textContent)
  })
  addEventListener('keydown', typed)
  draw()
  return () => removeEventListener('keydown', typed)
}
