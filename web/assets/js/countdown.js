import {all, clock, say} from './dom.js'

// data-dem counts down from its seconds. The number is not in a live region:
// only the warning (data-sap, 30 s before the end) and the end are spoken.
// data-het is the page that tells about the end. A form with [data-cho] hides
// its button until the count ends.
export const countdowns = () => {
  for (const out of all('[data-dem]')) start(out)
}

const start = (out) => {
  const total = Number(out.dataset.dem)
  const end = Date.now() + total * 1000
  const waiting = out.closest('[data-cho]')
  const button = waiting && waiting.closest('form').querySelector('[type="submit"]')
  if (button) button.hidden = true
  let warned = total <= 30
  const tick = () => {
    const left = (end - Date.now()) / 1000
    out.textContent = clock(left)
    if (!warned && left <= 30) {
      warned = true
      say(out.dataset.sap)
    }
    if (left > 0) return
    clearInterval(timer)
    if (button) {
      waiting.hidden = true
      button.hidden = false
    }
    // A second later, so that the server's clock has passed the end as well.
    if (out.dataset.het) setTimeout(() => location.replace(out.dataset.het), 1000)
  }
  const timer = setInterval(tick, 250)
  tick()
}
